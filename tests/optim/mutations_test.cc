// The lock-step comparison must notice a wrong formula. Here the reference is made wrong on
// purpose, in the ways in which people get a rule wrong, and each must show a difference, in
// float32 too. The library with that mistake would differ from the right reference in the same way.
#include <gtest/gtest.h>

#include <utility>

#include "optim/rules/adamw8bit.h"
#include "optim/rules/paged_adamw.h"
#include "tests/optim/mistakes.h"

namespace gradus::testing {

template <>
struct Reference<PagedAdamW> : Reference<AdamW> {};
template <>
struct Reference<Adam8bit> : Reference<Adam> {};
template <>
struct Reference<AdamW8bit> : Reference<AdamW> {};

namespace {

TEST(Mutations, OfSgdAreNoticed) {
  const Mistakes<SGD> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  mistakes.formula("gradient doubled",
                   [](auto& h, int, double& theta, double g, auto&) { theta -= h.lr * 2 * g; });
}

TEST(Mutations, OfMomentumAreNoticed) {
  const Mistakes<Momentum> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  const auto first_dampened = [](Momentum& h) { h.first_momentum = FirstMomentum::kDampened; };
  const Mistakes<Momentum> of_dampening{[](Momentum& h) { h.dampening = 0.3; }};
  of_dampening.setting("first step dampened", first_dampened);
  of_dampening.setting("no dampening", [](Momentum& h) { h.dampening = 0; });
  of_dampening.setting("momentum is the dampening", [](Momentum& h) { h.dampening = h.momentum; });
  const Mistakes<Momentum> of_first{[=](Momentum& h) {
    h.dampening = 0.3;
    first_dampened(h);
  }};
  of_first.setting("first step not dampened",
                   [](Momentum& h) { h.first_momentum = FirstMomentum::kGradient; });
  const auto inside = [](Momentum& h) { h.lr_placement = LrPlacement::kInside; };
  mistakes.setting("lr inside the buffer", inside);
  Mistakes<Momentum>{inside}.setting("lr outside the buffer",
                                     [](Momentum& h) { h.lr_placement = LrPlacement::kOutside; });
  mistakes.formula("Nesterov", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + g;
    theta -= h.lr * (g + h.momentum * s[0]);
  });
  mistakes.formula("theta moves first", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * s[0];
    s[0] = h.momentum * s[0] + g;
  });
}

TEST(Mutations, OfNesterovAreNoticed) {
  const Mistakes<Nesterov> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  mistakes.formula("heavy ball", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + g;
    theta -= h.lr * s[0];
  });
  mistakes.formula("the old buffer", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * (g + h.momentum * s[0]);
    s[0] = h.momentum * s[0] + g;
  });
  mistakes.formula("no momentum ahead", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + g;
    theta -= h.lr * (g + s[0]);
  });
  mistakes.formula("no momentum in v", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = s[0] + g;
    theta -= h.lr * (g + h.momentum * s[0]);
  });
  mistakes.formula("lr inside the buffer", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + h.lr * g;
    theta -= h.lr * g + h.momentum * s[0];
  });
  mistakes.formula("dampened", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + (1 - h.momentum) * g;
    theta -= h.lr * (g + h.momentum * s[0]);
  });
}

// What AdaGrad and RMSProp have in common.
template <class Rule>
void expect_eps_and_start_noticed() {
  const Mistakes<Rule> mistakes;
  const auto inside = [](Rule& h) { h.eps_placement = EpsPlacement::kInside; };
  mistakes.setting("eps inside the root", inside);
  Mistakes<Rule>{inside}.setting("eps outside the root",
                                 [](Rule& h) { h.eps_placement = EpsPlacement::kOutside; });
  mistakes.setting("no eps", [](Rule& h) { h.eps = 0; });
  Mistakes<Rule>{[](Rule& h) { h.initial_accumulator = 0.1; }}.step(
      "the sum starts at zero", reference_step<Rule>, [](const Rule&) { return Numbers{0}; });
}

TEST(Mutations, OfAdaGradAreNoticed) {
  const Mistakes<AdaGrad> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  expect_eps_and_start_noticed<AdaGrad>();
  const Mistakes<AdaGrad> of_lr_decay{[](AdaGrad& h) { h.lr_decay = 0.2; }};
  of_lr_decay.setting("no lr_decay", [](AdaGrad& h) { h.lr_decay = 0; });
  of_lr_decay.count("lr decays in the first step", [](int t) { return t + 1; });
  mistakes.formula("sqrt missing", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] += g * g;
    theta -= h.lr * g / (s[0] + h.eps);
  });
  mistakes.formula("the old sum", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * g / (std::sqrt(s[0]) + h.eps);
    s[0] += g * g;
  });
  mistakes.formula("eps beside the quotient", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] += g * g;
    theta -= h.lr * g / std::sqrt(s[0]) + h.eps;
  });
}

TEST(Mutations, OfRmsPropAreNoticed) {
  const Mistakes<RMSProp> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  expect_eps_and_start_noticed<RMSProp>();
  mistakes.setting("alpha and 1 - alpha swapped", [](RMSProp& h) { h.alpha = 1 - h.alpha; });
  mistakes.formula("sqrt missing", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.alpha * s[0] + (1 - h.alpha) * g * g;
    theta -= h.lr * g / (s[0] + h.eps);
  });
  mistakes.formula("the old mean", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * g / (std::sqrt(s[0]) + h.eps);
    s[0] = h.alpha * s[0] + (1 - h.alpha) * g * g;
  });
  mistakes.formula("bias corrected", [](auto& h, int t, double& theta, double g, auto& s) {
    s[0] = h.alpha * s[0] + (1 - h.alpha) * g * g;
    theta -= h.lr * g / (std::sqrt(s[0] / (1 - std::pow(h.alpha, t))) + h.eps);
  });
}

TEST(Mutations, OfAdadeltaAreNoticed) {
  const Mistakes<Adadelta> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  mistakes.setting("rho and 1 - rho swapped", [](Adadelta& h) { h.rho = 1 - h.rho; });
  mistakes.setting("another eps", [](Adadelta& h) { h.eps /= 10; });
  // A step with the given divisor and first d; `late` takes d after its update.
  const auto wrong = [&](const char* mistake, auto step) {
    mistakes.formula(mistake, [step](auto& h, int, double& theta, double g, auto& s) {
      s[0] = h.rho * s[0] + (1 - h.rho) * g * g;
      step(h, theta, g, s[0], s[1]);
    });
  };
  const auto learn = [](const Adadelta& h, double& d, double u) {
    d = h.rho * d + (1 - h.rho) * u * u;
  };
  wrong("eps outside the roots", [=](auto& h, double& theta, double g, double v, double& d) {
    const double u = (std::sqrt(d) + h.eps) / (std::sqrt(v) + h.eps) * g;
    learn(h, d, u);
    theta -= h.lr * u;
  });
  wrong("no eps below", [=](auto& h, double& theta, double g, double v, double& d) {
    const double u = std::sqrt(d + h.eps) / std::sqrt(v) * g;
    learn(h, d, u);
    theta -= h.lr * u;
  });
  wrong("sqrt missing", [=](auto& h, double& theta, double g, double v, double& d) {
    const double u = (d + h.eps) / (v + h.eps) * g;
    learn(h, d, u);
    theta -= h.lr * u;
  });
  wrong("lr inside d", [=](auto& h, double& theta, double g, double v, double& d) {
    const double u = h.lr * std::sqrt(d + h.eps) / std::sqrt(v + h.eps) * g;
    learn(h, d, u);
    theta -= u;
  });
  wrong("d learns from g", [=](auto& h, double& theta, double g, double v, double& d) {
    const double u = std::sqrt(d + h.eps) / std::sqrt(v + h.eps) * g;
    learn(h, d, g);
    theta -= h.lr * u;
  });
  wrong("d before the step", [=](auto& h, double& theta, double g, double v, double& d) {
    learn(h, d, std::sqrt(d + h.eps) / std::sqrt(v + h.eps) * g);
    theta -= h.lr * std::sqrt(d + h.eps) / std::sqrt(v + h.eps) * g;
  });
}

// How m and v become a step; each term may be wrong.
struct AdamStep {
  double m, v, c1, c2;  // c1 and c2: 1 - beta^t
};
template <class Rule>
void expect_adam_mistakes_noticed(
    const std::function<double(double v, double g, double beta2)>& next_v) {
  const Mistakes<Rule> mistakes;
  mistakes.of_weight_decay();
  mistakes.of_the_engine();
  mistakes.count("t starts at 2", [](int t) { return t + 1; });
  mistakes.count("t stays 1", [](int) { return 1; });
  mistakes.count("t lags behind", [](int t) { return std::max(1, t - 1); });
  mistakes.setting("betas swapped", [](Rule& h) { std::swap(h.beta1, h.beta2); });
  mistakes.setting("no eps", [](Rule& h) { h.eps = 0; });
  const auto wrong = [&](const char* mistake, auto step) {
    mistakes.formula(mistake, [=](const Rule& h, int t, double& theta, double g, Numbers& s) {
      s[0] = h.beta1 * s[0] + (1 - h.beta1) * g;
      s[1] = next_v(s[1], g, h.beta2);
      double v = s[1];
      if (s.size() == 3) v = s[2] = std::max(s[2], s[1]);
      const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
      theta -= h.lr * step(AdamStep{s[0], v, c1, c2}, h.eps);
    });
  };
  wrong("m not corrected",
        [](AdamStep a, double eps) { return a.m / (std::sqrt(a.v / a.c2) + eps); });
  wrong("v not corrected",
        [](AdamStep a, double eps) { return a.m / a.c1 / (std::sqrt(a.v) + eps); });
  wrong("corrections swapped",
        [](AdamStep a, double eps) { return a.m / a.c2 / (std::sqrt(a.v / a.c1) + eps); });
  wrong("v corrected outside the root",
        [](AdamStep a, double eps) { return a.m / a.c1 / (std::sqrt(a.v) / a.c2 + eps); });
  wrong("eps inside the root",
        [](AdamStep a, double eps) { return a.m / a.c1 / std::sqrt(a.v / a.c2 + eps); });
  wrong("eps before the correction", [](AdamStep a, double eps) {
    return a.m / a.c1 * std::sqrt(a.c2) / (std::sqrt(a.v) + eps);
  });
  wrong("eps beside the quotient",
        [](AdamStep a, double eps) { return a.m / a.c1 / std::sqrt(a.v / a.c2) + eps; });
  wrong("sqrt missing", [](AdamStep a, double eps) { return a.m / a.c1 / (a.v / a.c2 + eps); });
  mistakes.formula("v from m", [=](const Rule& h, int t, double& theta, double g, Numbers& s) {
    const double m = s[0] + (1 - h.beta1) * (g - s[0]);
    Numbers other = s;
    Reference<Rule>::update(h, t, theta, g, s);
    other[1] = next_v(other[1], m, h.beta2);
    s[1] = other[1];
  });
}

double mean_of_squares(double v, double g, double beta2) { return beta2 * v + (1 - beta2) * g * g; }

template <class Rule>
void expect_mistakes_of_adam_variants_noticed() {
  expect_adam_mistakes_noticed<Rule>(mean_of_squares);
  for (const auto placement : {AdamEps::kOutside, AdamEps::kInside, AdamEps::kHat}) {
    const Mistakes<Rule> mistakes{[=](Rule& h) { h.eps_placement = placement; }};
    for (const auto other : {AdamEps::kOutside, AdamEps::kInside, AdamEps::kHat}) {
      if (other == placement) continue;
      mistakes.setting("another place of eps", [=](Rule& h) { h.eps_placement = other; });
    }
    mistakes.setting("nothing corrected", [](Rule& h) { h.bias_correction = false; });
    const Mistakes<Rule> uncorrected{[=](Rule& h) {
      h.eps_placement = placement;
      h.bias_correction = false;
    }};
    uncorrected.setting("corrected", [](Rule& h) { h.bias_correction = true; });
  }
}

TEST(Mutations, OfAdamAreNoticed) { expect_mistakes_of_adam_variants_noticed<Adam>(); }
TEST(Mutations, OfAdamWAreNoticed) { expect_mistakes_of_adam_variants_noticed<AdamW>(); }

// Small tensors keep numbers; engine_mutations_test.cc has what is wrong with bytes.
TEST(Mutations, OfStoredRulesAreNoticed) {
  expect_adam_mistakes_noticed<PagedAdamW>(mean_of_squares);
  expect_adam_mistakes_noticed<Adam8bit>(mean_of_squares);
  expect_adam_mistakes_noticed<AdamW8bit>(mean_of_squares);
}

TEST(Mutations, OfAmsGradAreNoticed) {
  expect_adam_mistakes_noticed<AMSGrad>(mean_of_squares);
  for (const auto max_of : {AmsMax::kRaw, AmsMax::kCorrected, AmsMax::kPaper}) {
    const Mistakes<AMSGrad> mistakes{[=](AMSGrad& h) { h.max_of = max_of; }};
    for (const auto other : {AmsMax::kRaw, AmsMax::kCorrected, AmsMax::kPaper}) {
      if (other == max_of) continue;
      mistakes.setting("maximum of another v", [=](AMSGrad& h) { h.max_of = other; });
    }
    mistakes.step("no maximum", [](const AMSGrad& h, int t, double& theta, double g, Numbers& s) {
      s[2] = 0;
      reference_step(h, t, theta, g, s);
    });
    mistakes.step("v is the maximum",
                  [](const AMSGrad& h, int t, double& theta, double g, Numbers& s) {
                    reference_step(h, t, theta, g, s);
                    s[1] = s[2];
                  });
  }
}

TEST(Mutations, OfYogiAreNoticed) {
  expect_adam_mistakes_noticed<Yogi>([](double v, double g, double beta2) {
    const double square = g * g;
    return v - (1 - beta2) * (v > square ? 1 : v < square ? -1 : 0) * square;
  });
  const Mistakes<Yogi> mistakes;
  mistakes.setting("nothing corrected", [](Yogi& h) { h.bias_correction = false; });
  const auto wrong_v = [&](const char* mistake, auto change) {
    mistakes.formula(mistake, [=](const Yogi& h, int t, double& theta, double g, Numbers& s) {
      s[0] = h.beta1 * s[0] + (1 - h.beta1) * g;
      s[1] += (1 - h.beta2) * change(s[1], g * g);
      const double c1 = 1 - std::pow(h.beta1, t), c2 = 1 - std::pow(h.beta2, t);
      theta -= h.lr * s[0] / c1 / (std::sqrt(std::fabs(s[1]) / c2) + h.eps);
    });
  };
  wrong_v("v of Adam", [](double v, double square) { return square - v; });
  wrong_v("sign flipped", [](double v, double square) { return v > square ? square : -square; });
  wrong_v("no sign", [](double, double square) { return square; });
  wrong_v("sign times v", [](double v, double square) { return v > square ? -v : v; });
  const Mistakes<Yogi> of_start{[](Yogi& h) { h.initial_accumulator = 0.01; }};
  of_start.step("m starts at zero", reference_step<Yogi>, [](const Yogi& h) {
    return Numbers{0, h.initial_accumulator};
  });
  of_start.step("v starts at zero", reference_step<Yogi>, [](const Yogi& h) {
    return Numbers{h.initial_accumulator, 0};
  });
}

}  // namespace
}  // namespace gradus::testing
