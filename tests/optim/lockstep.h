#pragma once
// An optimizer and a reference side by side, compared after every step.
#include <limits>
#include <map>

#include "tests/optim/reference_rules.h"
#include "tests/support/compare.h"

namespace gradus::testing {

inline constexpr int kSteps = 24;

/// Gradient of element i of tensor `which`. After step 8 it is 100 times smaller and has the other
/// sign: then v, its maximum and m part ways, and eps is no longer small beside sqrt(v).
inline double lockstep_gradient(int which, int i, int step) {
  return (step <= 8 ? 1 : -0.01) * (std::sin(0.9 * i + 1.7 * which + 0.31 * step) + 0.3);
}

/// lr of a group in a step: it changes twice, at other times in the second group.
inline double lockstep_lr(double lr, bool second_group, int step) {
  if (second_group) return step < 11 ? lr : 2.5 * lr;
  return step < 6 ? lr : step < 15 ? lr / 2 : 3 * lr;
}

struct LockstepResult {
  std::string difference;  ///< the first one, empty if there is none
  double worst = 0;        ///< largest relative difference
};

/// 24 steps with at most 8 roundings that enter theta or a state array, each at most eps/2 of the
/// largest value so far, and as many in the reference or in the settings once they are rounded to
/// float32: 24 * 8 * eps. Relative, because a running mean may pass through zero, to the largest
/// value that the element had. For float64 it is 4.3e-14, for float32 2.3e-5.
inline double lockstep_tolerance(DType dtype) {
  return kSteps * 8 *
         (dtype == kFloat64 ? std::numeric_limits<double>::epsilon()
                            : static_cast<double>(std::numeric_limits<float>::epsilon()));
}

/// One parameter of the optimizer and what it should be.
template <class Rule>
struct Tracked {
  Tracked(std::string its_name, int its_number, const Shape& shape, int first, DType dtype)
      : name(std::move(its_name)), number(its_number), first_step(first) {
    Numbers values;
    for (int i = 0; i < numel(shape); ++i) values.push_back(1.5 * std::cos(1.1 * i + number));
    variable = parameter(from_values(values, shape, dtype));
    theta = variable.value().to_vector();
  }

  void set_gradient(int step) const {
    Numbers g;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      g.push_back(lockstep_gradient(number, static_cast<int>(i), step));
    }
    variable.set_grad(from_values(g, variable.shape(), variable.dtype()));
  }

  void advance(const Rule& h, const Update<Rule>& update, const StartingState<Rule>& start) {
    const Numbers g = variable.grad().value().to_vector();  // rounded, as the optimizer sees it
    ++t;
    for (std::size_t i = 0; t == 1 && i < theta.size(); ++i) {
      state.push_back(start(h));
      if constexpr (requires { Reference<Rule>::from_theta; }) {
        state[i][Reference<Rule>::from_theta] = theta[i];
      }
    }
    if constexpr (ScaledRule<Rule>) {
      update(h, t, theta, g, state);
    } else {
      for (std::size_t i = 0; i < theta.size(); ++i) update(h, t, theta[i], g[i], state[i]);
    }
  }

  // Compares one array, element i of which should be expected(i).
  template <class F>
  void compare(const std::string& array, const Tensor& got, F expected, int step,
               LockstepResult& result) {
    const Numbers values = got.to_vector();
    Numbers& scale = largest[array];
    scale.resize(values.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double right = expected(i);
      scale[i] = std::max(scale[i], std::fabs(right));
      const double off = std::fabs(values[i] - right), relative = off == 0 ? 0 : off / scale[i];
      result.worst = std::max(result.worst, relative);
      if (relative <= lockstep_tolerance(got.dtype()) || !result.difference.empty()) continue;
      result.difference = "step " + std::to_string(step) + ", " + name + ", " + array + "[" +
                          std::to_string(i) + "]: got " + to_text(values[i]) + ", expected " +
                          to_text(right);
    }
  }

  void compare_all(const StateDict& saved, int step, LockstepResult& result) {
    compare(
        "theta", variable.value(), [&](std::size_t i) { return theta[i]; }, step, result);
    const double steps = saved.tensors.at(name + "/step").item();
    if (steps != t) {
      result.difference = name + "/step: got " + to_text(steps) + ", expected " + to_text(t);
    }
    if (t == 0) return;
    for (std::size_t k = 0; k < Reference<Rule>::state.size(); ++k) {
      const std::string array = Reference<Rule>::state[k];
      compare(
          array, saved.tensors.at(name + "/" + array), [&](std::size_t i) { return state[i][k]; },
          step, result);
    }
  }

  std::string name;
  int number, first_step, t = 0;
  Variable variable;
  Numbers theta;
  std::vector<Numbers> state;  // of each element
  std::map<std::string, Numbers> largest;
};

/// Trains two groups with the settings a and b and compares parameters, state and step counts with
/// the reference after every step. In each group one parameter gets its first gradient late. A
/// frozen parameter and one without a gradient must keep every bit, and gradients must too.
template <class Rule>
LockstepResult lockstep(const Rule& a, const Rule& b, DType dtype,
                        const Update<Rule>& update = reference_step<Rule>,
                        const StartingState<Rule>& start = Reference<Rule>::start) {
  Rule settings[2] = {a, b};
  std::vector<Tracked<Rule>> groups[2];
  groups[0].emplace_back("matrix", 0, Shape{3, 4}, 1, dtype);
  groups[0].emplace_back("late", 1, Shape{5}, 4, dtype);
  groups[1].emplace_back("scalar", 2, Shape{}, 1, dtype);
  groups[1].emplace_back("later", 3, Shape{2, 1, 3}, 7, dtype);
  Variable frozen = parameter(full({3}, 0.7, dtype)), unused = parameter(full({2}, -0.3, dtype));
  frozen.set_grad(ones({3}, dtype));
  frozen.set_requires_grad(false);
  const Tensor frozen_before = frozen.value().clone(), unused_before = unused.value().clone();

  Optimizer<Rule> optimizer(
      {{"matrix", groups[0][0].variable}, {"frozen", frozen}, {"late", groups[0][1].variable}}, a);
  optimizer.add_group(
      "second",
      {{"scalar", groups[1][0].variable}, {"unused", unused}, {"later", groups[1][1].variable}}, b);
  LockstepResult result;
  for (int step = 1; step <= kSteps; ++step) {
    optimizer.group().lr = settings[0].lr = lockstep_lr(a.lr, false, step);
    optimizer.group("second").lr = settings[1].lr = lockstep_lr(b.lr, true, step);
    std::vector<std::pair<Variable, Tensor>> gradients;
    for (int k = 0; k < 2; ++k) {
      for (Tracked<Rule>& tracked : groups[k]) {
        if (step < tracked.first_step) continue;
        tracked.set_gradient(step);
        gradients.emplace_back(tracked.variable, tracked.variable.grad().value().clone());
        tracked.advance(settings[k], update, start);
      }
    }
    optimizer.step();
    const StateDict saved = optimizer.state_dict();
    for (auto& group : groups) {
      for (Tracked<Rule>& tracked : group) tracked.compare_all(saved, step, result);
    }
    for (const auto& [variable, before] : gradients) {
      expect_same_bits(variable.grad().value(), before, "gradient");
    }
    expect_same_bits(frozen.value(), frozen_before, "frozen parameter");
    expect_same_bits(unused.value(), unused_before, "parameter without a gradient");
    EXPECT_EQ(saved.tensors.at("frozen/step").item(), 0);
    EXPECT_EQ(saved.tensors.at("unused/step").item(), 0);
    if (!result.difference.empty()) break;
  }
  return result;
}

/// Settings in which every term shows: eps beside the gradients after their drop, weight decay.
template <class Rule>
Rule discriminating(bool second_group) {
  Rule h;
  h.lr = second_group ? 0.02 : 0.05;
  h.weight_decay = second_group ? 0.04 : 0.1;
  if constexpr (requires { h.eps; }) h.eps = second_group ? 0.02 : 0.01;
  if constexpr (requires { h.momentum; }) h.momentum = second_group ? 0.7 : 0.9;
  if constexpr (requires { h.beta1; }) h.beta1 = second_group ? 0.8 : 0.9;
  if constexpr (requires { h.beta2; }) h.beta2 = second_group ? 0.95 : 0.98;
  if constexpr (requires { h.rho; }) h.rho = second_group ? 0.95 : 0.9;
  if constexpr (requires { h.alpha; }) h.alpha = second_group ? 0.9 : 0.98;
  return h;
}

/// The rule in lock-step with its reference, with discriminating settings changed further by f, in
/// both ways of weight decay and without, in both dtypes.
template <class Rule, class F>
void expect_lockstep(const std::string& variant, F f) {
  const auto run = [&](const std::string& decay, auto change) {
    for (const DType dtype : {kFloat64, kFloat32}) {
      Rule a = discriminating<Rule>(false), b = discriminating<Rule>(true);
      f(a);
      f(b);
      change(a);
      change(b);
      const LockstepResult result = lockstep(a, b, dtype);
      EXPECT_EQ(result.difference, "")
          << Rule::kName << " " << variant << ", " << decay << ", " << name(dtype);
    }
  };
  if constexpr (DecayedByEngine<Rule>) {
    run("L2 decay", [](Rule& h) { h.decay_mode = DecayMode::kL2; });
    run("decoupled decay", [](Rule& h) { h.decay_mode = DecayMode::kDecoupled; });
  } else {
    run("its own decay", [](Rule&) {});
  }
  run("no decay", [](Rule& h) { h.weight_decay = 0; });
}
template <class Rule>
void expect_lockstep() {
  expect_lockstep<Rule>("", [](Rule&) {});
  for (const DType dtype : {kFloat64, kFloat32}) {
    EXPECT_EQ(lockstep(Rule(), Rule(), dtype).difference, "")
        << Rule::kName << " with its defaults, " << name(dtype);
  }
}

}  // namespace gradus::testing
