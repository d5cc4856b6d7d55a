// Lion, Adan, Lookahead, Ranger and Schedule-Free: lock-step, equivalences and wrong formulas.
#include <gtest/gtest.h>

#include "tests/optim/mistakes.h"
#include "tests/optim/paths.h"
#include "tests/optim/reference_points.h"

namespace gradus::testing {
namespace {

TEST(Points, LionAgreesWithTheReference) { expect_lockstep<Lion>(); }

TEST(Points, AdanAgreesWithTheReference) {
  expect_lockstep<Adan>();
  for (const auto decay : {AdanDecay::kProximal, AdanDecay::kDecoupled}) {
    for (const auto eps : {EpsPlacement::kInside, EpsPlacement::kOutside}) {
      expect_lockstep<Adan>("variant", [=](Adan& h) {
        h.decay = decay;
        h.eps_placement = eps;
      });
    }
  }
}

template <class Rule>
void expect_lookahead_lockstep() {
  expect_lockstep<Rule>();
  for (const std::int64_t period : {1, 4}) {
    for (const auto at_sync : {AtSync::kKeep, AtSync::kReset}) {
      expect_lockstep<Rule>("variant", [=](Rule& h) {
        h.period = period;
        h.at_sync = at_sync;
        h.alpha = 0.3;
      });
    }
  }
}
TEST(Points, LookaheadAgreesWithTheReference) {
  expect_lookahead_lockstep<LookaheadAdam>();
  expect_lookahead_lockstep<Ranger>();
  expect_lockstep<LookaheadPullbackAdam>();
  expect_lockstep<LookaheadPullbackAdam>("often", [](LookaheadPullbackAdam& h) {
    h.period = 2;
    h.alpha = 0.3;
  });
}

template <class Rule>
void expect_schedule_free_lockstep() {
  expect_lockstep<Rule>("", [](Rule&) {});
  expect_lockstep<Rule>("warm-up", [](Rule& h) { h.warmup_steps = 6; });
  expect_lockstep<Rule>("late points weigh more", [](Rule& h) {
    h.r = 1.5;
    h.weight_lr_power = 1;
  });
}
TEST(Points, ScheduleFreeAgreesWithTheReference) {
  expect_schedule_free_lockstep<ScheduleFreeAdamW>();
  expect_schedule_free_lockstep<ScheduleFreeSGD>();
}

TEST(Mutations, OfLionAreNoticed) {
  const Mistakes<Lion> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  mistakes.setting("betas swapped", [](Lion& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("one beta", [](Lion& h) { h.beta1 = h.beta2; });
  mistakes.formula("m before the sign", [](auto& h, int, double& theta, double g, auto& s) {
    average(s[0], h.beta2, g);
    theta -= h.lr * (h.beta1 * s[0] + (1 - h.beta1) * g > 0 ? 1 : -1);
  });
  mistakes.formula("no sign", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * (h.beta1 * s[0] + (1 - h.beta1) * g);
    average(s[0], h.beta2, g);
  });
  mistakes.formula("sign of m", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * (s[0] > 0 ? 1 : s[0] < 0 ? -1 : 0);
    average(s[0], h.beta2, g);
  });
  mistakes.formula("sign of g", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * (g > 0 ? 1 : -1);
    average(s[0], h.beta2, g);
  });
  mistakes.formula("m learns c", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.beta1 * s[0] + (1 - h.beta1) * g;
    theta -= h.lr * (s[0] > 0 ? 1 : -1);
  });
}

TEST(Mutations, OfAdanAreNoticed) {
  const Mistakes<Adan> mistakes;
  mistakes.of_the_engine();
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.setting("no decay", [](Adan& h) { h.weight_decay = 0; });
  const auto decoupled = [](Adan& h) { h.decay = AdanDecay::kDecoupled; };
  mistakes.setting("decoupled decay", decoupled);
  Mistakes<Adan>{decoupled}.setting("proximal decay",
                                    [](Adan& h) { h.decay = AdanDecay::kProximal; });
  mistakes.setting("eps inside", [](Adan& h) { h.eps_placement = EpsPlacement::kInside; });
  mistakes.setting("no eps", [](Adan& h) { h.eps = 0; });
  mistakes.setting("beta1 and beta2 swapped", [](Adan& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("beta2 and beta3 swapped", [](Adan& h) { std::swap(h.beta2, h.beta3); });
  const auto wrong = [&](const char* mistake, auto coefficients, bool first = true) {
    mistakes.formula(mistake, [=](auto& h, int t, double& theta, double g, auto& s) {
      const auto [of_v, of_n] = coefficients(h);
      const double d = t == 1 && first ? 0 : g - s[3];
      average(s[0], h.beta1, g);
      average(s[1], h.beta2, d);
      average(s[2], h.beta3, std::pow(g + of_n * d, 2));
      s[3] = g;
      const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
      const double size = std::sqrt(s[2] / (1 - std::pow(h.beta3, t))) + h.eps;
      theta -= h.lr * (s[0] / c1 + of_v * s[1] / c2) / size;
      theta /= 1 + h.lr * h.weight_decay;
    });
  };
  using Pair = std::pair<double, double>;
  wrong("1 - beta2 everywhere", [](auto& h) { return Pair{1 - h.beta2, 1 - h.beta2}; });
  wrong("1 - beta2 in the step", [](auto& h) { return Pair{1 - h.beta2, h.beta2}; });
  wrong("1 - beta2 in n", [](auto& h) { return Pair{h.beta2, 1 - h.beta2}; });
  wrong("v forgotten", [](auto& h) { return Pair{0, h.beta2}; });
  wrong(
      "first difference is g",
      [](auto& h) {
        return Pair{h.beta2, h.beta2};
      },
      false);
  mistakes.step("g_before never moves", [](auto& h, int t, double& theta, double g, auto& s) {
    const double before = s[3];
    reference_step(h, t, theta, g, s);
    if (t > 1) s[3] = before;
  });
}

template <class Rule>
void expect_lookahead_mistakes_noticed() {
  const Mistakes<Rule> mistakes;
  mistakes.of_weight_decay();
  mistakes.setting("another period", [](Rule& h) { h.period += 1; });
  mistakes.setting("another alpha", [](Rule& h) { h.alpha = 0.8; });
  mistakes.setting("alpha and 1 - alpha swapped", [](Rule& h) { h.alpha = 0.25; });
  mistakes.setting("no step back", [](Rule& h) { h.alpha = 1; });
  mistakes.setting("m starts again", [](Rule& h) { h.at_sync = AtSync::kReset; });
  mistakes.count("sync one step later", [](int t) { return t + 1; });
  mistakes.step("slow starts at zero", [](auto& h, int t, double& theta, double g, auto& s) {
    if (t == 1) s[0] = 0;
    reference_step(h, t, theta, g, s);
  });
  mistakes.step("fast does not go back", [](auto& h, int t, double& theta, double g, auto& s) {
    auto never = h;
    never.period = 1000000;
    reference_step(never, t, theta, g, s);
    if (t % h.period == 0) s[0] += h.alpha * (theta - s[0]);
  });
}
TEST(Mutations, OfLookaheadAreNoticed) { expect_lookahead_mistakes_noticed<LookaheadAdam>(); }
TEST(Mutations, OfLookaheadPullbackAreNoticed) {
  using Rule = LookaheadPullbackAdam;
  const Mistakes<LookaheadPullbackAdam> mistakes;
  mistakes.of_weight_decay();
  mistakes.setting("another period", [](Rule& h) { h.period += 1; });
  mistakes.setting("another alpha", [](Rule& h) { h.alpha = 0.8; });
  mistakes.setting("no step back", [](Rule& h) { h.alpha = 1; });
  const auto wrong = [&](const char* mistake, auto sync) {
    mistakes.step(mistake, [=](const Rule& h, int t, double& theta, double g, Numbers& s) {
      const Numbers before = s;
      reference_step(h, t, theta, g, s);
      if (t % h.period == 0) sync(h, before, s);
    });
  };
  wrong("m stays",
        [](auto& h, auto& old, auto& s) { s[1] = (s[1] - (1 - h.alpha) * old[3]) / h.alpha; });
  wrong("m starts again", [](auto&, auto&, auto& s) { s[1] = 0; });
  wrong("slow_m forgets", [](auto&, auto&, auto& s) { s[3] = 0; });
  wrong("slow_m is not pulled", [](auto&, auto& old, auto& s) { s[3] = old[3]; });
  wrong("v goes back too",
        [](auto& h, auto& old, auto& s) { s[2] = h.alpha * s[2] + (1 - h.alpha) * old[2]; });
}
TEST(Mutations, OfRangerAreNoticed) { expect_lookahead_mistakes_noticed<Ranger>(); }

// v: where the state has the mean square; kept: where it has the sum of weights.
template <class Rule>
void expect_schedule_free_mistakes_noticed(std::size_t kept) {
  const Mistakes<Rule> mistakes{[](Rule& h) { h.warmup_steps = 6; }};
  mistakes.setting("no decay", [](Rule& h) { h.weight_decay = 0; });
  mistakes.setting("no warm-up", [](Rule& h) { h.warmup_steps = 0; });
  mistakes.setting("a plain average", [](Rule& h) { h.weight_lr_power = 0; });
  mistakes.setting("weights by t", [](Rule& h) { h.r = 1; });
  mistakes.setting("another beta1", [](Rule& h) { h.beta1 = 1 - h.beta1; });
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.step("lr_max is lr", [=](auto& h, int t, double& theta, double g, auto& s) {
    s[kept + 1] = 0;
    reference_step(h, t, theta, g, s);
  });
  mistakes.step("the average forgets", [=](auto& h, int t, double& theta, double g, auto& s) {
    s[kept] = 0;
    reference_step(h, t, theta, g, s);
  });
  mistakes.step("z starts at zero", [](auto& h, int t, double& theta, double g, auto& s) {
    if (t == 1) s[0] = 0;
    reference_step(h, t, theta, g, s);
  });
  mistakes.step("decay at z", [](auto& h, int t, double& theta, double g, auto& s) {
    auto none = h;
    none.weight_decay = 0;
    reference_step(none, t, theta, g, s);
    s[0] -= h.lr * h.weight_decay * s[0];
  });
}
TEST(Mutations, OfScheduleFreeAdamWAreNoticed) {
  expect_schedule_free_mistakes_noticed<ScheduleFreeAdamW>(2);
  const Mistakes<ScheduleFreeAdamW> mistakes;
  mistakes.setting("no eps", [](auto& h) { h.eps = 0; });
  mistakes.setting("another beta2", [](auto& h) { h.beta2 = 0.9; });
}
TEST(Mutations, OfScheduleFreeSgdAreNoticed) {
  expect_schedule_free_mistakes_noticed<ScheduleFreeSGD>(1);
}

class PointsEquivalences : public ::testing::TestWithParam<DType> {};

TEST_P(PointsEquivalences, LookaheadThatNeverGoesBackIsItsInnerRule) {
  const Hyper hyper = {{"lr", 0.1}, {"weight_decay", 0.1}};
  Hyper alpha = hyper, period = hyper;
  alpha["alpha"] = 1;
  period["period"] = 1e6;
  const auto inner = path("Adam", hyper, GetParam());
  expect_same_path(path("LookaheadAdam", alpha, GetParam()), inner);
  expect_same_path(path("LookaheadAdam", period, GetParam()), inner);
  EXPECT_FALSE(bitwise_equal(path("LookaheadAdam", hyper, GetParam()).back(), inner.back()));
}

TEST_P(PointsEquivalences, RangerIsRAdamInsideLookahead) {
  Hyper ranger = {{"lr", 0.01}, {"weight_decay", 0.1}, {"alpha", 1}};
  const Hyper radam = {{"lr", 0.01},
                       {"weight_decay", 0.1},
                       {"beta1", 0.95},
                       {"eps", 1e-5},
                       {"decay_mode", static_cast<double>(DecayMode::kDecoupled)}};
  expect_same_path(path("Ranger", ranger, GetParam()), path("RAdam", radam, GetParam()));
}

TEST_P(PointsEquivalences, LionTakesTheSameStepsForAnyScale) {
  const auto scaled = [](const Tensor& theta, int t) {
    std::vector<double> g = path_gradient(theta, t).to_vector();
    for (double& each : g) each /= 4096;
    return from_values(g, theta.shape(), theta.dtype());
  };
  expect_same_path(path("Lion", {{"lr", 0.1}}, GetParam(), scaled),
                   path("Lion", {{"lr", 0.1}}, GetParam()));
}

TEST_P(PointsEquivalences, ScheduleFreeSgdEvaluatesThePlainAverageOfItsFastPoint) {
  // Gradients do not depend on the point, so z is SGD; with one lr all weights are equal.
  const DType dtype = GetParam();
  const double rtol = dtype == kFloat64 ? 1e-13 : 3e-5;
  const auto z = path("SGD", {{"lr", 0.1}}, dtype);
  std::vector<double> average(37, 0.0);
  const Variable theta = parameter(path_start(dtype));
  const auto optimizer = make_optimizer("ScheduleFreeSGD", {{"theta", theta}}, {{"lr", 0.1}});
  for (int t = 1; t <= 25; ++t) {
    theta.set_grad(path_gradient(theta.value(), t));
    optimizer->step();
    const std::vector<double> now = z[t - 1].to_vector();
    for (std::size_t i = 0; i < average.size(); ++i) average[i] += (now[i] - average[i]) / t;
    optimizer->eval();
    expect_close(theta.value(), from_values(average, {37}, kFloat64), rtol, rtol);
    optimizer->train();
  }
}

TEST_P(PointsEquivalences, EvaluationIsThereAndBack) {
  for (const char* rule : {"ScheduleFreeSGD", "ScheduleFreeAdamW"}) {
    const Variable theta = parameter(path_start(GetParam())), late = parameter(ones({2}));
    const auto optimizer = make_optimizer(rule, {{"theta", theta}, {"late", late}}, {{"lr", 0.1}});
    for (int t = 1; t <= 5; ++t) {
      theta.set_grad(path_gradient(theta.value(), t));
      optimizer->step();
    }
    const Tensor y = theta.value().clone();
    optimizer->train();  // is there already
    expect_same_bits(theta.value(), y);
    optimizer->eval();
    const Tensor x = theta.value().clone();
    EXPECT_FALSE(bitwise_equal(x, y)) << rule;
    optimizer->eval();
    expect_same_bits(theta.value(), x);
    expect_throws_text<ConfigError>(
        [&] { optimizer->step(); },
        "[" + std::string(rule) +
            "] step: the parameters are where they are evaluated; expected train() before");
    // Saved and loaded in between, the mode comes along.
    const Variable other = parameter(x.clone()), other_late = parameter(ones({2}));
    const auto loaded = make_optimizer(rule, {{"theta", other}, {"late", other_late}});
    loaded->load_state_dict(optimizer->state_dict());
    optimizer->train();
    loaded->train();
    expect_same_bits(other.value(), theta.value(), rule);
    // Two roundings of numbers of size 1.
    const double atol = GetParam() == kFloat64 ? 1e-15 : 1e-6;
    expect_close(theta.value(), y, 0, atol, rule);
    expect_same_bits(late.value(), ones({2}));
  }
  // Other rules have one point.
  const Variable theta = parameter(path_start(GetParam()));
  const auto adam = make_optimizer("Adam", {{"theta", theta}});
  adam->eval();
  theta.set_grad(path_gradient(theta.value(), 1));
  adam->step();
}

INSTANTIATE_TEST_SUITE_P(, PointsEquivalences, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
