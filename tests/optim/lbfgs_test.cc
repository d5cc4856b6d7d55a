// LBFGS against torch.optim.LBFGS in float64, and what else it promises.
#include "optim/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;
using Numbers = std::vector<double>;

// As in make_lbfgs.py, with their gradients.
double rosenbrock(const Numbers& x, Numbers& g) {
  const double bend = x[1] - x[0] * x[0];
  g = {-2 * (1 - x[0]) - 400 * x[0] * bend, 200 * bend};
  return (1 - x[0]) * (1 - x[0]) + 100 * bend * bend;
}
double valley(const Numbers& x, Numbers& g) {
  double f = 0;
  g.assign(5, 0);
  for (int i = 0; i < 5; ++i) {
    const double scale = std::exp2(i), off = x[i] - 0.3;
    f += scale * off * off / 2;
    g[i] += scale * off;
    if (i == 0) continue;
    const double step = x[i] - x[i - 1];
    f += 0.1 * std::pow(step, 4);
    g[i] += 0.4 * std::pow(step, 3);
    g[i - 1] -= 0.4 * std::pow(step, 3);
  }
  return f;
}

// The function of all elements of the variables, one after the other.
LBFGS::Closure closure_of(const std::string& name, const std::vector<Variable>& parts) {
  return [=] {
    Numbers x, g;
    for (const Variable& part : parts) {
      const Numbers values = part.value().to_vector();
      x.insert(x.end(), values.begin(), values.end());
    }
    const double f = name == "valley" ? valley(x, g) : rosenbrock(x, g);
    std::size_t next = 0;
    for (const Variable& part : parts) {
      const Numbers mine(g.begin() + next, g.begin() + next + part.numel());
      part.set_grad(from_values(mine, part.shape(), part.dtype()));
      next += part.numel();
    }
    return Variable(full({}, f, kFloat64));
  };
}

LbfgsSettings settings_of(const std::map<std::string, double>& values) {
  LbfgsSettings s;
  for (const auto& [name, value] : values) {
    if (name == "lr") s.lr = value;
    if (name == "max_iter") s.max_iter = static_cast<std::int64_t>(value);
    if (name == "max_eval") s.max_eval = static_cast<std::int64_t>(value);
    if (name == "history_size") s.history_size = static_cast<std::int64_t>(value);
    if (name == "tolerance_grad") s.tolerance_grad = value;
    if (name == "line_search") s.line_search = LineSearch::kStrongWolfe;
  }
  return s;
}

TEST(Lbfgs, FollowsTorchInEveryStep) {
  const auto all = golden("optim/lbfgs");
  double worst = 0;
  for (const auto& each : all["cases"]) {
    SCOPED_TRACE(each["function"].get<std::string>() + " " + each["settings"].dump());
    const Numbers start = golden_numbers(each["start"]);
    const Variable x =
        parameter(from_values(start, {static_cast<std::int64_t>(start.size())}, kFloat64));
    LBFGS optimizer({{"x", x}}, settings_of(each["settings"].get<std::map<std::string, double>>()));
    const auto closure = closure_of(each["function"], {x});
    int step = 0;
    for (const auto& right : each["steps"]) {
      SCOPED_TRACE(++step);
      const double loss = optimizer.step(closure);
      // Quotients of differences lose digits as the path nears the minimum: 1e-8 of size-1 numbers.
      EXPECT_NEAR(loss, right["loss"].get<double>(), 1e-8);
      const Numbers got = x.value().to_vector(), expected = golden_numbers(right["x"]);
      for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_NEAR(got[i], expected[i], 1e-8);
        worst = std::max(worst, std::fabs(got[i] - expected[i]));
      }
      EXPECT_EQ(optimizer.evaluations(), right["evaluations"].get<int>());
      EXPECT_EQ(optimizer.iterations(), right["iterations"].get<int>());
      EXPECT_EQ(optimizer.state_dict().tensors.at("s").dim(0), right["pairs"].get<int>());
    }
  }
  RecordProperty("worst_difference", to_text(worst));
}

TEST(Lbfgs, FindsTheMinimumInSingleAndDoublePrecision) {
  for (const DType dtype : {kFloat64, kFloat32}) {
    const Variable x = parameter(from_values({-1.2, 1}, {2}, dtype));
    LBFGS optimizer({{"x", x}}, {.max_iter = 100, .line_search = LineSearch::kStrongWolfe});
    optimizer.step(closure_of("rosenbrock", {x}));
    // It ends when the loss changes by less than 1e-9, the square of the distance.
    expect_close(x.value(), ones({2}), 0, dtype == kFloat64 ? 1e-4 : 1e-2);
  }
}

TEST(Lbfgs, SeesManyParametersAsOne) {
  const Variable whole = parameter(tensor({1, -0.5, 0.8, 2, -1.5}, kFloat64));
  const Variable a = parameter(tensor({{1}, {-0.5}}, kFloat64)),
                 b = parameter(tensor({0.8}, kFloat64)), c = parameter(tensor({2, -1.5}, kFloat64));
  const LbfgsSettings settings = {.max_iter = 4, .line_search = LineSearch::kStrongWolfe};
  LBFGS one({{"x", whole}}, settings), three({{"a", a}, {"b", b}, {"c", c}}, settings);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one.step(closure_of("valley", {whole})), three.step(closure_of("valley", {a, b, c})));
    expect_same_bits(a.value().reshape({2}), whole.value().slice(0, {0, 2}));
    expect_same_bits(b.value(), whole.value().slice(0, {2, 3}));
    expect_same_bits(c.value(), whole.value().slice(0, {3, 5}));
  }
}

TEST(Lbfgs, LeavesFrozenParametersAndStopsAtAMinimum) {
  const Variable x = parameter(tensor({1, -0.5, 0.8, 2}, kFloat64));
  Variable last = parameter(tensor({-1.5}, kFloat64));
  last.set_requires_grad(false);
  LBFGS optimizer({{"x", x}, {"last", last}}, {.line_search = LineSearch::kStrongWolfe});
  optimizer.step(closure_of("valley", {x, last}));
  expect_same_bits(last.value(), tensor({-1.5}, kFloat64));
  const Variable there = parameter(full({5}, 0.3, kFloat64));
  LBFGS still({{"x", there}});
  still.step(closure_of("valley", {there}));
  EXPECT_EQ(still.evaluations(), 1);
  EXPECT_EQ(still.iterations(), 0);
  expect_same_bits(there.value(), full({5}, 0.3, kFloat64));
}

TEST(Lbfgs, GoesOnAfterLoadingToTheBit) {
  const LbfgsSettings settings = {
      .max_iter = 3, .history_size = 4, .line_search = LineSearch::kStrongWolfe};
  for (const int half : {0, 1, 2, 4}) {
    const Variable x = parameter(tensor({-1.2, 1}, kFloat64));
    LBFGS whole({{"x", x}}, settings);
    for (int i = 0; i < half; ++i) whole.step(closure_of("rosenbrock", {x}));
    const Variable y = parameter(x.value().clone());
    LBFGS later({{"x", y}}, settings);
    later.load_state_dict(whole.state_dict());
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(later.step(closure_of("rosenbrock", {y})),
                whole.step(closure_of("rosenbrock", {x})));
      expect_same_bits(y.value(), x.value());
      EXPECT_EQ(later.evaluations(), whole.evaluations());
    }
  }
}

TEST(Lbfgs, BadInputIsAnError) {
  const Variable x = parameter(tensor({-1.2, 1}, kFloat64));
  const auto refused = [&](LbfgsSettings settings, const std::string& text) {
    expect_throws_text<ConfigError>([&] { LBFGS bad({{"x", x}}, settings); }, "[LBFGS] " + text);
  };
  refused({.lr = 0}, "lr: 0; expected lr > 0 and finite");
  refused({.max_iter = 0}, "max_iter: 0; expected a whole number >= 1");
  refused({.max_eval = -1}, "max_eval: -1; expected a whole number >= 0");
  refused({.tolerance_grad = -1}, "tolerance_grad: -1; expected tolerance_grad >= 0 and finite");
  refused({.tolerance_change = -1},
          "tolerance_change: -1; expected tolerance_change >= 0 and finite");
  refused({.history_size = 0}, "history_size: 0; expected a whole number >= 1");
  const auto bad = [](NamedParameters parameters, const std::string& text) {
    expect_throws_text<ConfigError>([&] { LBFGS refused(parameters); }, "[LBFGS] " + text);
  };
  bad({}, "parameters: none; expected at least one");
  bad({{"w", Variable()}}, "parameter 'w' is undefined; expected a variable with elements");
  bad({{"n", Variable(arange(3))}}, "parameter 'n' is int64; expected float32 or float64");
  bad({{"t", parameter(zeros({2, 3}).transpose())}},
      "parameter 't' is a strided view; expected its own memory");
  LBFGS optimizer({{"x", x}});
  const Tensor before = x.value().clone();
  expect_throws_text<ConfigError>(
      [&] { optimizer.step([] { return Variable(full({}, std::nan(""), kFloat64)); }); },
      "[LBFGS] closure: the loss is nan; expected a finite number");
  expect_same_bits(x.value(), before);
  EXPECT_EQ(optimizer.evaluations(), 0);

  optimizer.step(closure_of("rosenbrock", {x}));
  StateDict saved = optimizer.state_dict();
  const auto not_loaded = [&]<class ErrorType>(std::type_identity<ErrorType>,
                                               const std::string& text) {
    expect_throws_text<ErrorType>([&] { optimizer.load_state_dict(saved); },
                                  "[LBFGS] state_dict: " + text);
    saved = optimizer.state_dict();
  };
  saved.rule = "Adam";
  not_loaded(std::type_identity<ConfigError>(), "made by Adam; expected LBFGS");
  saved.tensors.erase("t");
  not_loaded(std::type_identity<ConfigError>(), "no 't'; expected it");
  saved.tensors["d"] = zeros({3}, kFloat64);
  not_loaded(std::type_identity<ShapeError>(), "'d' is [3]; expected [2]");
}

}  // namespace
}  // namespace gradus::testing
