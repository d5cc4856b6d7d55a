// The lock-step comparison must notice a wrong formula. Here the reference is made wrong on
// purpose, once in each way that people get a rule wrong, and every one must show a difference, in
// float32 too. A formula broken in the library differs from the right reference just so.
#include <gtest/gtest.h>

#include <utility>

#include "tests/optim/lockstep.h"

namespace gradus::testing {
namespace {

// Shown with the name of the mistake; `settings` turns on the variant that has the term.
template <class Rule>
void expect_noticed(
    const std::string& mistake, const Update<Rule>& wrong,
    const std::function<void(Rule&)>& settings = [](Rule&) {},
    const StartingState<Rule>& start = Reference<Rule>::start) {
  Rule a = discriminating<Rule>(false), b = discriminating<Rule>(true);
  settings(a);
  settings(b);
  for (const DType dtype : {kFloat64, kFloat32}) {
    SCOPED_TRACE(std::string(name(dtype)));
    EXPECT_EQ(lockstep(a, b, dtype, reference_step<Rule>, start).difference.empty(), true)
        << Rule::kName << ": the right formula differs already, so nothing is shown for: "
        << mistake;
    EXPECT_NE(lockstep(a, b, dtype, wrong, start).difference, "") << Rule::kName << ": " << mistake;
  }
}

// The right formula with other settings.
template <class Rule, class F>
Update<Rule> with(F change) {
  return [change](const Rule& h, int t, double& theta, double g, Numbers& s) {
    Rule other = h;
    change(other);
    reference_step(other, t, theta, g, s);
  };
}

// The right formula with a step count that is off.
template <class Rule>
Update<Rule> with_step(std::function<int(int)> change) {
  return [change](const Rule& h, int t, double& theta, double g, Numbers& s) {
    reference_step(h, change(t), theta, g, s);
  };
}

// A formula for the step after weight decay of the L2 kind.
template <class Rule>
Update<Rule> formula(Update<Rule> f) {
  return [f](const Rule& h, int t, double& theta, double g, Numbers& s) {
    f(h, t, theta, g + h.weight_decay * theta, s);
  };
}

// Mistakes that every rule can have.
template <class Rule>
void expect_common_mistakes_noticed() {
  const auto l2 = [](Rule& h) { h.decay_mode = DecayMode::kL2; };
  const auto decoupled = [](Rule& h) { h.decay_mode = DecayMode::kDecoupled; };
  // For SGD both decays are one formula, so there is nothing to swap.
  if (std::string(Rule::kName) != "SGD") {
    expect_noticed<Rule>("decay decoupled instead of coupled", with<Rule>(decoupled), l2);
    expect_noticed<Rule>("decay coupled instead of decoupled", with<Rule>(l2), decoupled);
  }
  expect_noticed<Rule>("no weight decay", with<Rule>([](Rule& h) { h.weight_decay = 0; }));
  expect_noticed<Rule>(
      "decoupled decay without lr",
      [](const Rule& h, int t, double& theta, double g, Numbers& s) {
        theta *= 1 - h.weight_decay;
        Reference<Rule>::update(h, t, theta, g, s);
      },
      decoupled);
  expect_noticed<Rule>(
      "decoupled decay after the step",
      [](const Rule& h, int t, double& theta, double g, Numbers& s) {
        Reference<Rule>::update(h, t, theta, g, s);
        theta *= 1 - h.lr * h.weight_decay;
      },
      decoupled);
  expect_noticed<Rule>("the first lr is kept", with<Rule>([](Rule& h) { h.lr = 0.05; }));
  expect_noticed<Rule>("the step goes up",
                       [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                         const double before = theta;
                         reference_step(h, t, theta, g, s);
                         theta = 2 * before - theta;
                       });
  if constexpr (Reference<Rule>::kHasState) {
    expect_noticed<Rule>("the state is forgotten",
                         [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                           s = Reference<Rule>::start(h);
                           reference_step(h, t, theta, g, s);
                         });
    expect_noticed<Rule>("the decayed gradient does not reach the state",
                         [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                           Numbers other = s;
                           const double before = theta;
                           reference_step(h, t, theta, g, s);
                           double unused = before;
                           Reference<Rule>::update(h, t, unused, g, other);
                           s = other;
                         });
  }
}

TEST(Mutations, OfSgdAreNoticed) {
  expect_common_mistakes_noticed<SGD>();
  expect_noticed<SGD>("gradient doubled", formula<SGD>([](auto& h, int, double& theta, double g,
                                                          auto&) { theta -= h.lr * 2 * g; }));
}

TEST(Mutations, OfMomentumAreNoticed) {
  expect_common_mistakes_noticed<Momentum>();
  const auto dampened = [](Momentum& h) { h.dampening = 0.3; };
  expect_noticed<Momentum>(
      "first step dampened",
      with<Momentum>([](Momentum& h) { h.first_momentum = FirstMomentum::kDampened; }), dampened);
  expect_noticed<Momentum>("first step not dampened", with<Momentum>([](Momentum& h) {
                             h.first_momentum = FirstMomentum::kGradient;
                           }),
                           [](Momentum& h) {
                             h.dampening = 0.3;
                             h.first_momentum = FirstMomentum::kDampened;
                           });
  expect_noticed<Momentum>("no dampening", with<Momentum>([](Momentum& h) { h.dampening = 0; }),
                           dampened);
  expect_noticed<Momentum>("dampening is momentum", with<Momentum>([](Momentum& h) {
                             h.dampening = h.momentum;
                           }),
                           dampened);
  expect_noticed<Momentum>("lr inside the buffer", with<Momentum>([](Momentum& h) {
                             h.lr_placement = LrPlacement::kInside;
                           }));
  expect_noticed<Momentum>(
      "lr outside the buffer",
      with<Momentum>([](Momentum& h) { h.lr_placement = LrPlacement::kOutside; }),
      [](Momentum& h) { h.lr_placement = LrPlacement::kInside; });
  expect_noticed<Momentum>("Nesterov", formula<Momentum>([](auto& h, int, double& theta, double g,
                                                            auto& s) {
                             s[0] = h.momentum * s[0] + g;
                             theta -= h.lr * (g + h.momentum * s[0]);
                           }));
  expect_noticed<Momentum>("theta moves before the buffer",
                           formula<Momentum>([](auto& h, int, double& theta, double g, auto& s) {
                             theta -= h.lr * s[0];
                             s[0] = h.momentum * s[0] + g;
                           }));
}

TEST(Mutations, OfNesterovAreNoticed) {
  expect_common_mistakes_noticed<Nesterov>();
  const auto expect = [](const char* mistake, Update<Nesterov> f) {
    expect_noticed<Nesterov>(mistake, formula<Nesterov>(std::move(f)));
  };
  expect("heavy ball", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + g;
    theta -= h.lr * s[0];
  });
  expect("the old buffer looks ahead", [](auto& h, int, double& theta, double g, auto& s) {
    theta -= h.lr * (g + h.momentum * s[0]);
    s[0] = h.momentum * s[0] + g;
  });
  expect("gradient counted twice", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + g;
    theta -= h.lr * (g + s[0]);
  });
  expect("momentum missing in the buffer", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = s[0] + g;
    theta -= h.lr * (g + h.momentum * s[0]);
  });
  expect("lr inside the buffer", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + h.lr * g;
    theta -= h.lr * g + h.momentum * s[0];
  });
  expect("buffer dampened", [](auto& h, int, double& theta, double g, auto& s) {
    s[0] = h.momentum * s[0] + (1 - h.momentum) * g;
    theta -= h.lr * (g + h.momentum * s[0]);
  });
}

TEST(Mutations, OfAdaGradAreNoticed) {
  expect_common_mistakes_noticed<AdaGrad>();
  const auto inside = [](AdaGrad& h) { h.eps_placement = EpsPlacement::kInside; };
  const auto outside = [](AdaGrad& h) { h.eps_placement = EpsPlacement::kOutside; };
  const auto lr_decay = [](AdaGrad& h) { h.lr_decay = 0.2; };
  const auto initial = [](AdaGrad& h) { h.initial_accumulator = 0.1; };
  expect_noticed<AdaGrad>("eps inside", with<AdaGrad>(inside), outside);
  expect_noticed<AdaGrad>("eps outside", with<AdaGrad>(outside), inside);
  expect_noticed<AdaGrad>("no eps", with<AdaGrad>([](AdaGrad& h) { h.eps = 0; }));
  expect_noticed<AdaGrad>("no lr_decay", with<AdaGrad>([](AdaGrad& h) { h.lr_decay = 0; }),
                          lr_decay);
  expect_noticed<AdaGrad>("lr_decay starts at 1",
                          with_step<AdaGrad>([](int t) { return t + 1; }), lr_decay);
  expect_noticed<AdaGrad>("sum starts at zero", reference_step<AdaGrad>, initial);
  expect_noticed<AdaGrad>("sqrt missing", formula<AdaGrad>([](auto& h, int, double& theta, double g,
                                                              auto& s) {
                            s[0] += g * g;
                            theta -= h.lr * g / (s[0] + h.eps);
                          }));
  expect_noticed<AdaGrad>("old sum", formula<AdaGrad>([](auto& h, int, double& theta, double g,
                                                         auto& s) {
                            theta -= h.lr * g / (std::sqrt(s[0]) + h.eps);
                            s[0] += g * g;
                          }));
  expect_noticed<AdaGrad>("eps added to the step",
                          formula<AdaGrad>([](auto& h, int, double& theta, double g, auto& s) {
                            s[0] += g * g;
                            theta -= h.lr * (g / std::sqrt(s[0]) + h.eps);
                          }));
}

}  // namespace
}  // namespace gradus::testing
