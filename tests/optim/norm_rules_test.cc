// StableAdamW, LAMB and LARS, which look at a whole tensor: lock-step, equivalences, wrong
// formulas.
#include <gtest/gtest.h>

#include "tensor/random.h"
#include "tests/optim/mistakes.h"
#include "tests/optim/paths.h"
#include "tests/optim/reference_norms.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

TEST(NormRules, StableAdamWAgreesWithTheReference) {
  expect_lockstep<StableAdamW>();
  // A v that knows too little, so that lr is cut often; then hardly ever.
  expect_lockstep<StableAdamW>("slow v", [](StableAdamW& h) { h.beta2 = 0.9999; });
  expect_lockstep<StableAdamW>("quick v", [](StableAdamW& h) { h.beta2 = 0.1; });
}

TEST(NormRules, LambAgreesWithTheReference) {
  expect_lockstep<LAMB>();
  expect_lockstep<LAMB>("uncorrected", [](LAMB& h) { h.bias_correction = false; });
  expect_lockstep<LAMB>("gradients added", [](LAMB& h) { h.gradient_averaging = false; });
  expect_lockstep<LAMB>("limit", [](LAMB& h) { h.norm_limit = 1.5; });
  expect_lockstep<LAMB>("scaled with decay", [](LAMB& h) { h.scale = LambScale::kWithDecay; });
}

TEST(NormRules, LarsAgreesWithTheReference) {
  const auto strong = [](LARS& h) { h.trust = 0.5; };
  expect_lockstep<LARS>();
  expect_lockstep<LARS>("strong", strong);
  expect_lockstep<LARS>("lr outside", [=](LARS& h) {
    strong(h);
    h.lr_placement = LrPlacement::kOutside;
  });
}

TEST(NormRules, ANormOfZeroScalesNothing) {
  for (const char* rule : {"LAMB", "LARS"}) {
    const Variable x = parameter(zeros({3}, kFloat64));
    x.set_grad(full({3}, 0.5, kFloat64));
    const auto optimizer = make_optimizer(rule, {{"x", x}}, {{"lr", 0.25}});
    optimizer->step();
    // LAMB: u = 1 up to eps; LARS: u = g.
    EXPECT_NEAR(x.value().at({0}), std::string(rule) == "LAMB" ? -0.25 : -0.125, 1e-6) << rule;
  }
}

// The double a step makes of a tensor, with one thing wrong; `step` gets theta, u and h.
using Whole = std::vector<Numbers>;

TEST(Mutations, OfStableAdamWAreNoticed) {
  const Mistakes<StableAdamW> mistakes{[](StableAdamW& h) { h.beta2 = 0.995; }};
  mistakes.of_the_engine();
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.setting("no decay", [](StableAdamW& h) { h.weight_decay = 0; });
  mistakes.setting("betas swapped", [](StableAdamW& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("another eps", [](StableAdamW& h) { h.eps /= 4; });
  // lr_t from g, s before the step and after it.
  const auto wrong = [&](const char* mistake, auto rate, bool decay_too = true) {
    mistakes.step(mistake,
                  [=](const StableAdamW& h, int t, Numbers& theta, const Numbers& g, Whole& s) {
                    const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
                    const double c2_before = 1 - std::pow(h.beta2, std::max(1, t - 1));
                    Numbers before, after;
                    for (std::size_t i = 0; i < g.size(); ++i) {
                      before.push_back(s[i][1] / c2_before);
                      average(s[i][0], h.beta1, g[i]);
                      average(s[i][1], h.beta2, g[i] * g[i]);
                      after.push_back(s[i][1] / c2);
                    }
                    const double lr = h.lr * rate(h, g, before, after, c2);
                    for (std::size_t i = 0; i < g.size(); ++i) {
                      theta[i] *= 1 - (decay_too ? lr : h.lr) * h.weight_decay;
                      theta[i] -= lr * (s[i][0] / c1) / (std::sqrt(after[i]) + h.eps);
                    }
                  });
  };
  const auto mean = [](const StableAdamW& h, const Numbers& g, const Numbers& v) {
    double sum = 0;
    for (std::size_t i = 0; i < g.size(); ++i) sum += g[i] * g[i] / std::max(v[i], h.eps * h.eps);
    return sum / static_cast<double>(g.size());
  };
  wrong("not cut", [](auto&, auto&, auto&, auto&, double) { return 1.0; });
  wrong("v before the update", [=](auto& h, auto& g, auto& before, auto&, double) {
    return 1 / std::max(1.0, std::sqrt(mean(h, g, before)));
  });
  wrong("sqrt missing", [=](auto& h, auto& g, auto&, auto& after, double) {
    return 1 / std::max(1.0, mean(h, g, after));
  });
  wrong("sum for mean", [=](auto& h, auto& g, auto&, auto& after, double) {
    return 1 / std::max(1.0, std::sqrt(mean(h, g, after) * static_cast<double>(g.size())));
  });
  wrong("clipped from above", [=](auto& h, auto& g, auto&, auto& after, double) {
    return 1 / std::min(1.0, std::sqrt(mean(h, g, after)));
  });
  wrong(
      "decay not cut",
      [=](auto& h, auto& g, auto&, auto& after, double) {
        return 1 / std::max(1.0, std::sqrt(mean(h, g, after)));
      },
      false);
}

TEST(Mutations, OfLambAreNoticed) {
  const Mistakes<LAMB> mistakes;
  mistakes.of_the_engine();
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.setting("no decay", [](LAMB& h) { h.weight_decay = 0; });
  mistakes.setting("betas swapped", [](LAMB& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("another eps", [](LAMB& h) { h.eps /= 4; });
  mistakes.setting("not corrected", [](LAMB& h) { h.bias_correction = false; });
  mistakes.setting("a limit of 1", [](LAMB& h) { h.norm_limit = 1; });
  const auto added = [](LAMB& h) { h.gradient_averaging = false; };
  mistakes.setting("gradients added", added);
  Mistakes<LAMB>{added}.setting("averaged", [](LAMB& h) { h.gradient_averaging = true; });
  // ratio(theta, u without decay, u with it, c1)
  const auto wrong = [&](const char* mistake, auto ratio, bool decay_inside = true) {
    mistakes.step(mistake, [=](const LAMB& h, int t, Numbers& theta, const Numbers& g, Whole& s) {
      const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
      Numbers adam, u;
      for (std::size_t i = 0; i < g.size(); ++i) {
        average(s[i][0], h.beta1, g[i]);
        average(s[i][1], h.beta2, g[i] * g[i]);
        adam.push_back(s[i][0] / c1 / (std::sqrt(s[i][1] / c2) + h.eps));
        if (!decay_inside) theta[i] *= 1 - h.lr * h.weight_decay;
        u.push_back(adam[i] + (decay_inside ? h.weight_decay * theta[i] : 0));
      }
      const double lr = h.lr * ratio(theta, adam, u, c1);
      for (std::size_t i = 0; i < g.size(); ++i) theta[i] -= lr * u[i];
    });
  };
  wrong("not scaled", [](auto&, auto&, auto&, double) { return 1.0; });
  wrong("upside down", [](auto& x, auto&, auto& u, double) { return euclidean(u) / euclidean(x); });
  wrong("norm without the decay",
        [](auto& x, auto& adam, auto&, double) { return euclidean(x) / euclidean(adam); });
  wrong("squared norms",
        [](auto& x, auto&, auto& u, double) { return std::pow(euclidean(x) / euclidean(u), 2); });
  wrong("correction after the ratio",
        [](auto& x, auto&, auto& u, double c1) { return euclidean(x) / euclidean(u) / c1; });
  wrong(
      "decay before", [](auto& x, auto&, auto& u, double) { return euclidean(x) / euclidean(u); },
      false);
}

TEST(Mutations, OfLarsAreNoticed) {
  const auto strong = [](LARS& h) { h.trust = 0.5; };
  const Mistakes<LARS> mistakes{strong};
  mistakes.of_the_engine();
  mistakes.setting("no decay", [](LARS& h) { h.weight_decay = 0; });
  mistakes.setting("another trust", [](LARS& h) { h.trust = 0.25; });
  mistakes.setting("no momentum", [](LARS& h) { h.momentum = 0; });
  const auto outside = [](LARS& h) { h.lr_placement = LrPlacement::kOutside; };
  mistakes.setting("lr outside", outside);
  Mistakes<LARS>{[=](LARS& h) {
    strong(h);
    outside(h);
  }}.setting("lr inside", [](LARS& h) { h.lr_placement = LrPlacement::kInside; });
  const auto wrong = [&](const char* mistake, auto ratio) {
    mistakes.step(mistake, [=](const LARS& h, int, Numbers& theta, const Numbers& g, Whole& s) {
      const double r = ratio(h, euclidean(theta), euclidean(g));
      for (std::size_t i = 0; i < g.size(); ++i) {
        s[i][0] = h.momentum * s[i][0] + h.lr * r * (g[i] + h.weight_decay * theta[i]);
        theta[i] -= s[i][0];
      }
    });
  };
  wrong("not scaled", [](auto&, double, double) { return 1.0; });
  wrong("no decay below", [](auto& h, double x, double g) { return h.trust * x / g; });
  wrong("decay of no norm",
        [](auto& h, double x, double g) { return h.trust * x / (g + h.weight_decay); });
  wrong("squared norms", [](auto& h, double x, double g) {
    return h.trust * x * x / (g * g + h.weight_decay * x * x);
  });
  wrong("no trust", [](auto& h, double x, double g) { return x / (g + h.weight_decay * x); });
}

class NormRulesEquivalences : public ::testing::TestWithParam<DType> {};

TEST_P(NormRulesEquivalences, StableAdamWThatIsNeverCutIsAdamW) {
  // beta1 = 0 and a gradient that falls: g^2 < v from step 2 on, and equal in step 1.
  const auto falling = [](const Tensor& theta, int t) {
    return full(theta.shape(), 1.0 / t, theta.dtype());
  };
  const Hyper hyper = {{"lr", 0.1}, {"beta2", 0.9}, {"eps", 1e-2}, {"weight_decay", 0.5}};
  // Decay in another order of rounding.
  const double rtol = GetParam() == kFloat64 ? 1e-14 : 3e-6;
  expect_near_path(path("StableAdamW", hyper, GetParam(), falling),
                   path("AdamW", hyper, GetParam(), falling), rtol);
}

TEST_P(NormRulesEquivalences, LambWithoutScaleIsAdam) {
  const Hyper lamb = {{"lr", 0.1},
                      {"weight_decay", 0},
                      {"eps", 1e-2},
                      {"scale", static_cast<double>(LambScale::kWithDecay)}};
  // m_hat / size is rounded before lr is multiplied.
  const double rtol = GetParam() == kFloat64 ? 1e-14 : 3e-6;
  expect_near_path(path("LAMB", lamb, GetParam()),
                   path("Adam", {{"lr", 0.1}, {"eps", 1e-2}}, GetParam()), rtol);
}

TEST_P(NormRulesEquivalences, StepsOfLambAndLarsHaveTheSizeOfTheTensor) {
  // Twice the parameter: twice the step, whatever the gradient. Powers of 2, so to the bit.
  for (const char* rule : {"LAMB", "LARS"}) {
    const Variable a = parameter(path_start(GetParam())), b = parameter(a.value().clone());
    std::vector<double> twice = a.value().to_vector();
    for (double& x : twice) x *= 2;
    b.value().copy_from(from_values(twice, a.shape(), GetParam()));
    const Hyper hyper = {{"lr", 0.1}, {"weight_decay", 0}};
    const auto first = make_optimizer(rule, {{"x", a}}, hyper);
    const auto second = make_optimizer(rule, {{"x", b}}, hyper);
    for (int t = 1; t <= 10; ++t) {
      a.set_grad(path_gradient(a.value(), t));
      b.set_grad(a.grad().value().clone());
      first->step();
      second->step();
    }
    std::vector<double> expected = a.value().to_vector();
    for (double& x : expected) x *= 2;
    expect_same_bits(b.value(), from_values(expected, a.shape(), GetParam()), rule);
  }
}

INSTANTIATE_TEST_SUITE_P(, NormRulesEquivalences, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

TEST(NormRules, SumsOfManyPiecesLoseNoDigits) {
  // The norm of a large tensor of equal elements is known: the first step of LAMB is
  // lr ||theta|| / ||u|| = lr theta / u in each.
  const std::int64_t n = 3 * kPieceSize + 17;
  const WithThreads threads(2);
  const Variable x = parameter(full({n}, 0.1, kFloat32));
  x.set_grad(full({n}, 0.3, kFloat32));
  make_optimizer("LAMB", {{"x", x}}, {{"lr", 0.5}, {"weight_decay", 0}})->step();
  for (const std::int64_t i : {std::int64_t(0), n / 2, n - 1}) {
    EXPECT_NEAR(x.value().at({i}), 0.05, 1e-8);
  }
}

}  // namespace
}  // namespace gradus::testing
