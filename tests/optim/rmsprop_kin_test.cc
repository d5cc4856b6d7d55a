// RMSProp with momentum, centered, and both: lock-step, equivalences and wrong formulas.
#include <gtest/gtest.h>

#include "tests/optim/mistakes.h"
#include "tests/optim/paths.h"
#include "tests/optim/reference_kin.h"

namespace gradus::testing {
namespace {

const double kInside = static_cast<double>(EpsPlacement::kInside);

template <class Rule>
void expect_all_variants() {
  expect_lockstep<Rule>();
  expect_lockstep<Rule>("eps inside", [](Rule& h) { h.eps_placement = EpsPlacement::kInside; });
  if constexpr (requires(Rule h) { h.lr_placement; }) {
    expect_lockstep<Rule>("lr inside", [](Rule& h) { h.lr_placement = LrPlacement::kInside; });
  }
  if constexpr (requires(Rule h) { h.initial_accumulator; }) {
    expect_lockstep<Rule>("start", [](Rule& h) { h.initial_accumulator = 0.1; });
  }
}

TEST(RmsPropKin, AgreesWithTheReferenceAfterEveryStep) {
  expect_all_variants<RMSPropMomentum>();
  expect_all_variants<CenteredRMSProp>();
  expect_all_variants<CenteredRMSPropMomentum>();
}

// What the formulas have in common.
template <class Rule>
void expect_common_mistakes_noticed() {
  const Mistakes<Rule> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  const auto inside = [](Rule& h) { h.eps_placement = EpsPlacement::kInside; };
  mistakes.setting("eps inside the root", inside);
  Mistakes<Rule>{inside}.setting("eps outside the root",
                                 [](Rule& h) { h.eps_placement = EpsPlacement::kOutside; });
  mistakes.setting("no eps", [](Rule& h) { h.eps = 0; });
  mistakes.setting("alpha and 1 - alpha swapped", [](Rule& h) { h.alpha = 1 - h.alpha; });
}

template <class Rule>
void expect_momentum_mistakes_noticed() {
  const Mistakes<Rule> mistakes;
  const auto inside = [](Rule& h) { h.lr_placement = LrPlacement::kInside; };
  mistakes.setting("lr inside the buffer", inside);
  Mistakes<Rule>{inside}.setting("lr outside the buffer",
                                 [](Rule& h) { h.lr_placement = LrPlacement::kOutside; });
  mistakes.setting("no momentum", [](Rule& h) { h.momentum = 0; });
}

TEST(Mutations, OfRmsPropMomentumAreNoticed) {
  expect_common_mistakes_noticed<RMSPropMomentum>();
  expect_momentum_mistakes_noticed<RMSPropMomentum>();
  const Mistakes<RMSPropMomentum> mistakes;
  mistakes.formula("dampened", [](auto& h, int, double& theta, double g, auto& s) {
    average(s[0], h.alpha, g * g);
    s[1] = h.momentum * s[1] + (1 - h.momentum) * g / (std::sqrt(s[0]) + h.eps);
    theta -= h.lr * s[1];
  });
  mistakes.formula("momentum of g", [](auto& h, int, double& theta, double g, auto& s) {
    average(s[0], h.alpha, g * g);
    s[1] = h.momentum * s[1] + g;
    theta -= h.lr * s[1] / (std::sqrt(s[0]) + h.eps);
  });
  mistakes.formula("Nesterov", [](auto& h, int, double& theta, double g, auto& s) {
    average(s[0], h.alpha, g * g);
    const double d = g / (std::sqrt(s[0]) + h.eps);
    s[1] = h.momentum * s[1] + d;
    theta -= h.lr * (d + h.momentum * s[1]);
  });
  Mistakes<RMSPropMomentum>{[](RMSPropMomentum& h) { h.initial_accumulator = 0.1; }}.step(
      "s starts at zero", reference_step<RMSPropMomentum>, [](const RMSPropMomentum&) {
        return Numbers{0, 0};
      });
}

TEST(Mutations, OfCenteredRmsPropAreNoticed) {
  expect_common_mistakes_noticed<CenteredRMSProp>();
  const Mistakes<CenteredRMSProp> mistakes;
  const auto wrong = [&](const char* mistake, auto size) {
    mistakes.formula(mistake, [size](auto& h, int, double& theta, double g, auto& s) {
      average(s[0], h.alpha, g * g);
      const double before = s[1];
      average(s[1], h.alpha, g);
      theta -= h.lr * g / (size(s[0], s[1], before) + h.eps);
    });
  };
  wrong("not centered", [](double s, double, double) { return std::sqrt(s); });
  wrong("sqrt missing", [](double s, double a, double) { return s - a * a; });
  wrong("the mean itself", [](double s, double a, double) { return std::sqrt(std::fabs(s - a)); });
  wrong("square added", [](double s, double a, double) { return std::sqrt(s + a * a); });
  wrong("the old mean", [](double s, double, double a) { return std::sqrt(s - a * a); });
}

TEST(Mutations, OfCenteredRmsPropMomentumAreNoticed) {
  expect_common_mistakes_noticed<CenteredRMSPropMomentum>();
  expect_momentum_mistakes_noticed<CenteredRMSPropMomentum>();
  const Mistakes<CenteredRMSPropMomentum> mistakes;
  mistakes.formula("not centered", [](auto& h, int, double& theta, double g, auto& s) {
    average(s[0], h.alpha, g * g);
    average(s[1], h.alpha, g);
    s[2] = h.momentum * s[2] + g / (std::sqrt(s[0]) + h.eps);
    theta -= h.lr * s[2];
  });
}

TEST(RmsPropKin, WithoutMomentumIsRmsProp) {
  for (const DType dtype : {kFloat64, kFloat32}) {
    const Hyper hyper = {{"lr", 0.1}, {"alpha", 0.9}, {"eps", 1e-2}, {"weight_decay", 0.1}};
    // With lr inside the buffer the operations are the same, in the same order.
    Hyper without = hyper;
    without["momentum"] = 0;
    without["lr_placement"] = static_cast<double>(LrPlacement::kInside);
    for (const double placement : {0.0, kInside}) {
      Hyper plain = hyper;
      without["eps_placement"] = plain["eps_placement"] = placement;
      expect_same_path(path("RMSPropMomentum", without, dtype), path("RMSProp", plain, dtype));
      expect_same_path(path("CenteredRMSPropMomentum", without, dtype),
                       path("CenteredRMSProp", plain, dtype));
    }
  }
}

TEST(RmsPropKin, CenteredNeverTakesTheRootOfANegativeVariance) {
  // A constant gradient: s - a^2 tends to 0 and is rounded below it on the way.
  for (const char* rule : {"CenteredRMSProp", "CenteredRMSPropMomentum"}) {
    const Variable x = parameter(zeros({64}, kFloat32));
    std::vector<double> g;
    for (int i = 0; i < 64; ++i) g.push_back(0.1 + 0.013 * i);
    x.set_grad(from_values(g, {64}, kFloat32));
    const auto optimizer = make_optimizer(rule, {{"x", x}}, {{"lr", 1e-6}, {"alpha", 0.5}});
    bool negative = false;
    for (int t = 0; t < 200; ++t) {
      optimizer->step();
      const StateDict saved = optimizer->state_dict();
      const std::vector<double> s = saved.tensors.at("x/s").to_vector(),
                                a = saved.tensors.at("x/a").to_vector();
      for (int i = 0; i < 64; ++i) {
        const float square = static_cast<float>(a[i]) * static_cast<float>(a[i]);
        negative = negative || static_cast<float>(s[i]) - square < 0;
      }
      for (const double each : x.value().to_vector()) ASSERT_TRUE(std::isfinite(each)) << rule;
    }
    EXPECT_TRUE(negative) << "the variance was never rounded below zero";
  }
}

}  // namespace
}  // namespace gradus::testing
