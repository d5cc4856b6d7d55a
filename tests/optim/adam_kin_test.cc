// NAdam, RAdam, Adamax, AdaBelief, AdaBound and AMSBound: lock-step, equivalences, wrong formulas.
#include <gtest/gtest.h>

#include "tests/optim/mistakes.h"
#include "tests/optim/paths.h"
#include "tests/optim/reference_kin.h"

namespace gradus::testing {
namespace {

template <class E>
double number(E value) {
  return static_cast<double>(value);
}

TEST(AdamKin, NAdamAgreesWithTheReference) {
  expect_lockstep<NAdam>();
  expect_lockstep<NAdam>("constant",
                         [](NAdam& h) { h.momentum_schedule = NadamMomentum::kConstant; });
  expect_lockstep<NAdam>("fast schedule", [](NAdam& h) { h.momentum_decay = 2; });
}

TEST(AdamKin, RAdamAgreesWithTheReference) {
  expect_lockstep<RAdam>();
  for (const auto eps : {AdamEps::kOutside, AdamEps::kInside, AdamEps::kHat}) {
    for (const auto fallback : {RadamFallback::kMomentum, RadamFallback::kNone}) {
      for (const double threshold : {4.0, 5.0, 7.5}) {
        expect_lockstep<RAdam>("variant", [=](RAdam& h) {
          h.eps_placement = eps;
          h.fallback = fallback;
          h.threshold = threshold;
        });
      }
    }
  }
}

TEST(AdamKin, RAdamRectifiesFromStepSixOn) {
  for (const double beta2 : {0.9, 0.95, 0.99, 0.999}) {
    for (const double threshold : {4.0, 5.0}) {
      RAdam rule{.beta2 = beta2, .threshold = threshold};
      for (int t = 1; t <= 20; ++t) {
        rule.begin_step(t);
        EXPECT_EQ(rule.rectified, t >= threshold + 1) << beta2 << " " << t;
      }
    }
  }
}

TEST(AdamKin, AdamaxAgreesWithTheReference) {
  expect_lockstep<Adamax>();
  for (const bool corrected : {true, false}) {
    for (const auto eps : {AdamaxEps::kInMaximum, AdamaxEps::kOnDivisor}) {
      expect_lockstep<Adamax>("variant", [=](Adamax& h) {
        h.eps_placement = eps;
        h.bias_correction = corrected;
      });
    }
  }
}

TEST(AdamKin, AdaBeliefAgreesWithTheReference) {
  expect_lockstep<AdaBelief>();
  expect_lockstep<AdaBelief>("eps_root", [](AdaBelief& h) { h.eps_root = 1e-3; });
  expect_lockstep<AdaBelief>("uncorrected", [](AdaBelief& h) { h.bias_correction = false; });
}

template <class Rule>
void expect_bounded_lockstep() {
  expect_lockstep<Rule>();
  for (const double gamma : {1e-3, 0.3}) {
    for (const double base : {0.0, 0.02}) {
      expect_lockstep<Rule>("variant", [=](Rule& h) {
        h.gamma = gamma;
        h.base_lr = base;
        h.final_lr = 0.07;
      });
    }
  }
}

TEST(AdamKin, AdaBoundsAgreeWithTheReference) {
  expect_bounded_lockstep<AdaBound>();
  expect_bounded_lockstep<AMSBound>();
}

// The mistakes that every rule of m and a size can have.
template <class Rule>
void expect_common_mistakes_noticed(const std::function<void(Rule&)>& variant = [](Rule&) {}) {
  const Mistakes<Rule> mistakes{variant};
  Mistakes<Rule>().of_weight_decay();
  mistakes.of_the_engine();
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.count("t stays 1", [](int) { return 1; });
  mistakes.setting("betas swapped", [](Rule& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("no eps", [](Rule& h) { h.eps = 0; });
  mistakes.step("m does not last", [](const Rule& h, int t, double& theta, double g, Numbers& s) {
    s[0] = 0;
    reference_step(h, t, theta, g, s);
  });
}

TEST(Mutations, OfNAdamAreNoticed) {
  expect_common_mistakes_noticed<NAdam>();
  const Mistakes<NAdam> mistakes;
  const auto constant = [](NAdam& h) { h.momentum_schedule = NadamMomentum::kConstant; };
  mistakes.setting("no schedule", constant);
  Mistakes<NAdam>{constant}.setting(
      "a schedule", [](NAdam& h) { h.momentum_schedule = NadamMomentum::kWarming; });
  Mistakes<NAdam>{[](NAdam& h) { h.momentum_decay = 2; }}.setting(
      "another momentum_decay", [](NAdam& h) { h.momentum_decay = 4e-3; });
  const auto wrong = [&](const char* mistake, auto step) {
    mistakes.formula(mistake, [step](auto& h, int t, double& theta, double g, auto& s) {
      average(s[0], h.beta1, g);
      average(s[1], h.beta2, g * g);
      const auto mu = [&](int n) {
        return h.beta1 * (1 - 0.5 * std::pow(0.96, n * h.momentum_decay));
      };
      s[2] *= mu(t);
      const double size = std::sqrt(s[1] / (1 - std::pow(h.beta2, t))) + h.eps;
      theta -= h.lr * step(g, s[0], mu(t), mu(t + 1), s[2]) / size;
    });
  };
  wrong("mu counted twice", [](double g, double m, double now, double next, double product) {
    return (1 - now) / (1 - product * now) * g + next / (1 - product * now * next) * m;
  });
  wrong("the same mu for both", [](double g, double m, double now, double, double product) {
    return (1 - now) / (1 - product) * g + now / (1 - product * now) * m;
  });
  wrong("no gradient", [](double, double m, double, double next, double product) {
    return next / (1 - product * next) * m;
  });
  wrong("no correction", [](double g, double m, double now, double next, double) {
    return (1 - now) * g + next * m;
  });
  wrong("next product forgotten", [](double g, double m, double now, double next, double product) {
    return (1 - now) / (1 - product) * g + next / (1 - product) * m;
  });
}

TEST(Mutations, OfRAdamAreNoticed) {
  expect_common_mistakes_noticed<RAdam>();
  const Mistakes<RAdam> mistakes;
  for (const auto eps : {AdamEps::kOutside, AdamEps::kInside}) {
    mistakes.setting("another place of eps", [=](RAdam& h) { h.eps_placement = eps; });
  }
  mistakes.setting("threshold of the paper", [](RAdam& h) { h.threshold = 4; });
  mistakes.setting("a larger threshold", [](RAdam& h) { h.threshold = 6; });
  const auto none = [](RAdam& h) { h.fallback = RadamFallback::kNone; };
  mistakes.setting("no step at first", none);
  Mistakes<RAdam>{none}.setting("steps at first",
                                [](RAdam& h) { h.fallback = RadamFallback::kMomentum; });
  const auto wrong = [&](const char* mistake, auto rectifier) {
    mistakes.formula(mistake, [=](auto& h, int t, double& theta, double g, auto& s) {
      const double most = 2 / (1 - h.beta2) - 1, c2 = 1 - std::pow(h.beta2, t);
      const double rho = most - 2 * t * (1 - c2) / c2, before = theta;
      Reference<RAdam>::update(h, t, theta, g, s);
      if (rho > 5) {
        const double right =
            std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho));
        theta = before + (theta - before) * rectifier(rho, most, right) / right;
      }
    });
  };
  wrong("not rectified", [](double, double, double) { return 1.0; });
  wrong("sqrt missing", [](double, double, double right) { return right * right; });
  wrong("rho and rho_inf swapped", [](double, double, double right) { return 1 / right; });
  wrong("without rho - 4", [](double rho, double most, double) {
    return std::sqrt((rho - 2) * most / ((most - 2) * rho));
  });
}

TEST(Mutations, OfAdamaxAreNoticed) {
  expect_common_mistakes_noticed<Adamax>();
  const Mistakes<Adamax> mistakes;
  const auto divisor = [](Adamax& h) { h.eps_placement = AdamaxEps::kOnDivisor; };
  mistakes.setting("eps on the divisor", divisor);
  Mistakes<Adamax>{divisor}.setting("eps in the maximum",
                                    [](Adamax& h) { h.eps_placement = AdamaxEps::kInMaximum; });
  mistakes.setting("not corrected", [](Adamax& h) { h.bias_correction = false; });
  const auto wrong = [&](const char* mistake, auto next) {
    mistakes.formula(mistake, [next](auto& h, int t, double& theta, double g, auto& s) {
      average(s[0], h.beta1, g);
      s[1] = next(h, s[1], g);
      theta -= h.lr / (1 - std::pow(h.beta1, t)) * s[0] / s[1];
    });
  };
  wrong("u does not decay",
        [](auto& h, double u, double g) { return std::max(u, std::fabs(g) + h.eps); });
  wrong("no maximum", [](auto& h, double, double g) { return std::fabs(g) + h.eps; });
  wrong("sum for maximum",
        [](auto& h, double u, double g) { return h.beta2 * u + std::fabs(g) + h.eps; });
  wrong("no absolute value",
        [](auto& h, double u, double g) { return std::max(h.beta2 * u, g + h.eps); });
  mistakes.formula("u corrected", [](auto& h, int t, double& theta, double g, auto& s) {
    average(s[0], h.beta1, g);
    s[1] = std::max(h.beta2 * s[1], std::fabs(g) + h.eps);
    theta -= h.lr / (1 - std::pow(h.beta1, t)) * s[0] / (s[1] / (1 - std::pow(h.beta2, t)));
  });
}

TEST(Mutations, OfAdaBeliefAreNoticed) {
  expect_common_mistakes_noticed<AdaBelief>();
  const Mistakes<AdaBelief> mistakes{[](AdaBelief& h) { h.eps_root = 1e-3; }};
  mistakes.setting("not corrected", [](AdaBelief& h) { h.bias_correction = false; });
  mistakes.setting("no eps_root", [](AdaBelief& h) { h.eps_root = 0; });
  const auto wrong = [&](const char* mistake, auto size) {
    mistakes.formula(mistake, [size](auto& h, int t, double& theta, double g, auto& s) {
      const double before = s[0];
      average(s[0], h.beta1, g);
      const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
      theta -= h.lr * s[0] / c1 / size(h, g, before, c2, s);
    });
  };
  wrong("Adam", [](auto& h, double g, double, double c2, auto& s) {
    average(s[1], h.beta2, g * g);
    return std::sqrt(s[1] / c2) + h.eps;
  });
  wrong("the old mean", [](auto& h, double g, double before, double c2, auto& s) {
    average(s[1], h.beta2, (g - before) * (g - before));
    s[1] += h.eps_root;
    return std::sqrt(s[1] / c2) + h.eps;
  });
  wrong("eps_root does not stay in s", [](auto& h, double g, double, double c2, auto& s) {
    average(s[1], h.beta2, (g - s[0]) * (g - s[0]));
    return std::sqrt((s[1] + h.eps_root) / c2) + h.eps;
  });
  wrong("sqrt missing", [](auto& h, double g, double, double c2, auto& s) {
    average(s[1], h.beta2, (g - s[0]) * (g - s[0]));
    s[1] += h.eps_root;
    return s[1] / c2 + h.eps;
  });
}

template <class Rule>
void expect_bounds_mistakes_noticed() {
  const auto narrow = [](Rule& h) {
    h.gamma = 0.3;
    h.final_lr = 0.07;
  };
  // beta1 ~ beta2 would hide swapped corrections; the wide bounds let eps show.
  expect_common_mistakes_noticed<Rule>([](Rule& h) { h.gamma = 0.02; });
  const Mistakes<Rule> mistakes{narrow};
  mistakes.setting("another final_lr", [](Rule& h) { h.final_lr *= 1.5; });
  mistakes.setting("another gamma", [](Rule& h) { h.gamma *= 2; });
  mistakes.setting("no bounds", [](Rule& h) { h.gamma = 1e-12; });
  mistakes.step("final lr ignores the schedule",
                [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                  Rule other = h;
                  other.final_lr *= s.back() / h.lr;
                  reference_step(other, t, theta, g, s);
                });
  mistakes.step("base_lr follows lr",
                [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                  s.back() = h.lr;
                  reference_step(h, t, theta, g, s);
                });
  mistakes.formula("bounds on the step", [](auto& h, int t, double& theta, double g, auto& s) {
    Numbers copy = s;
    double moved = theta;
    Reference<Rule>::update(h, t, moved, g, s);
    const double last = h.final_lr * h.lr / s.back();
    const double size = std::sqrt(s[s.size() - 2]) + h.eps;
    theta -= std::clamp(h.lr / size * s[0], last * (1 - 1 / (h.gamma * t + 1)),
                        last * (1 + 1 / (h.gamma * t)));
  });
}

TEST(Mutations, OfAdaBoundAreNoticed) { expect_bounds_mistakes_noticed<AdaBound>(); }
TEST(Mutations, OfAmsBoundAreNoticed) {
  expect_bounds_mistakes_noticed<AMSBound>();
  Mistakes<AMSBound>().step("no maximum",
                            [](const AMSBound& h, int t, double& theta, double g, Numbers& s) {
                              s[2] = 0;
                              reference_step(h, t, theta, g, s);
                            });
}

class AdamKinEquivalences : public ::testing::TestWithParam<DType> {};

TEST_P(AdamKinEquivalences, AdaBoundWithinItsBoundsIsAdamWithItsEpsBeforeTheCorrection) {
  // Rounded in another order; 25 steps of size 0.1 at most.
  const double rtol = GetParam() == kFloat64 ? 1e-13 : 1e-5;
  const Hyper adam = {{"lr", 0.1}, {"eps", 1e-2}, {"eps_placement", number(AdamEps::kHat)}};
  const Hyper bound = {{"lr", 0.1}, {"eps", 1e-2}, {"final_lr", 1}, {"gamma", 1e-6}};
  // lower = 1e-6 t, upper = 1e6 / t.
  expect_near_path(path("AdaBound", bound, GetParam()), path("Adam", adam, GetParam()), rtol);
}

TEST_P(AdamKinEquivalences, AmsBoundIsAdaBoundWhileVRises) {
  const auto rising = [](const Tensor& theta, int t) {
    return full(theta.shape(), 0.5 + 0.1 * t, theta.dtype());
  };
  const Hyper hyper = {{"lr", 0.1}, {"eps", 1e-2}};
  expect_same_path(path("AMSBound", hyper, GetParam(), rising),
                   path("AdaBound", hyper, GetParam(), rising));
}

TEST_P(AdamKinEquivalences, AdaBoundWithClosedBoundsIsSgdWithMomentum) {
  // gamma large: eta = final_lr; m = (1 - beta1) of the undampened buffer.
  const double rtol = GetParam() == kFloat64 ? 1e-7 : 1e-5;
  const auto first = static_cast<double>(FirstMomentum::kDampened);
  expect_near_path(
      path("AdaBound", {{"lr", 0.1}, {"gamma", 1e12}}, GetParam()),
      path("Momentum", {{"lr", 0.1}, {"dampening", 0.9}, {"first_momentum", first}}, GetParam()),
      rtol);
}

TEST_P(AdamKinEquivalences, AdamDoesNotSeeTheScaleOfTheGradient) {
  // A power of 2 changes no digit; eps = 0.
  const auto scaled = [](const Tensor& theta, int t) {
    std::vector<double> g = path_gradient(theta, t).to_vector();
    for (double& each : g) each *= 1024;
    return from_values(g, theta.shape(), theta.dtype());
  };
  for (const char* rule : {"Adam", "AdamW", "AMSGrad", "NAdam", "AdaBelief", "Adan", "Lion"}) {
    Hyper hyper = {{"lr", 0.1}, {"eps", 0}};
    if (std::string(rule) == "AdaBelief") hyper["eps_root"] = 0;
    if (std::string(rule) == "Lion") hyper.erase("eps");
    expect_same_path(path(rule, hyper, GetParam(), scaled), path(rule, hyper, GetParam()), rule);
  }
}

TEST_P(AdamKinEquivalences, NAdamWithoutMomentumIsAdam) {
  // With beta1 = 0, NAdam is Adam: mu = 0, so m_hat = g.
  const Hyper hyper = {{"lr", 0.1}, {"beta1", 0}, {"eps", 1e-2}};
  expect_same_path(path("NAdam", hyper, GetParam()), path("Adam", hyper, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(, AdamKinEquivalences, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
