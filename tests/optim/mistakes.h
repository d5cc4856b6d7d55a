#pragma once
// Wrong formulas on purpose, each of which the lock-step comparison must notice.
#include <gtest/gtest.h>

#include <utility>

#include "tests/optim/lockstep.h"

namespace gradus::testing {

/// Turns the step from `before` to theta around.
inline void turn(double& theta, double before) { theta = before - (theta - before); }
inline void turn(Numbers& theta, const Numbers& before) {
  for (std::size_t i = 0; i < theta.size(); ++i) turn(theta[i], before[i]);
}

template <class Rule>
struct Mistakes {
  std::function<void(Rule&)> variant = [](Rule&) {};  // turns on what the mistake is about

  // A wrong step, or a wrong start of the state.
  void step(const std::string& mistake, const Update<Rule>& wrong,
            const StartingState<Rule>& start = Reference<Rule>::start) const {
    Rule a = discriminating<Rule>(false), b = discriminating<Rule>(true);
    variant(a);
    variant(b);
    for (const DType dtype : {kFloat64, kFloat32}) {
      SCOPED_TRACE(std::string(name(dtype)) + ": " + mistake);
      EXPECT_EQ(lockstep(a, b, dtype).difference, "") << "the right formula differs already";
      EXPECT_NE(lockstep(a, b, dtype, wrong, start).difference, "") << "was not noticed";
    }
  }
  // Wrong after weight decay.
  void formula(const std::string& mistake, const Update<Rule>& wrong) const {
    step(mistake, [wrong](const Rule& h, int t, double& theta, double g, Numbers& s) {
      if constexpr (DecayedByEngine<Rule>) {
        const bool l2 = h.decay_mode == DecayMode::kL2;
        if (!l2) theta -= h.lr * h.weight_decay * theta;
        wrong(h, t, theta, l2 ? g + h.weight_decay * theta : g, s);
      } else {
        wrong(h, t, theta, g, s);
      }
    });
  }
  // The right formula with other settings.
  void setting(const std::string& mistake, const std::function<void(Rule&)>& change) const {
    step(mistake, [change](const Rule& h, int t, auto& theta, const auto& g, auto& s) {
      Rule other = h;
      change(other);
      reference_step(other, t, theta, g, s);
    });
  }
  // The right formula with a wrong step count.
  void count(const std::string& mistake, const std::function<int(int)>& change) const {
    step(mistake, [change](const Rule& h, int t, auto& theta, const auto& g, auto& s) {
      reference_step(h, change(t), theta, g, s);
    });
  }

  void of_weight_decay() const {
    const auto l2 = [](Rule& h) { h.decay_mode = DecayMode::kL2; };
    const auto decoupled = [](Rule& h) { h.decay_mode = DecayMode::kDecoupled; };
    setting("no decay", [](Rule& h) { h.weight_decay = 0; });
    // For SGD both kinds are one formula.
    if (std::string(Rule::kName) != "SGD") {
      Mistakes{l2}.setting("decay decoupled instead of coupled", decoupled);
      Mistakes{decoupled}.setting("decay coupled instead of decoupled", l2);
    }
    Mistakes{decoupled}.step("decoupled decay without lr",
                             [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                               theta *= 1 - h.weight_decay;
                               Reference<Rule>::update(h, t, theta, g, s);
                             });
    Mistakes{decoupled}.step("decoupled decay after the step",
                             [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                               Reference<Rule>::update(h, t, theta, g, s);
                               theta *= 1 - h.lr * h.weight_decay;
                             });
    Mistakes{l2}.step("decay with the wrong sign",
                      [](const Rule& h, int t, double& theta, double g, Numbers& s) {
                        Reference<Rule>::update(h, t, theta, g - h.weight_decay * theta, s);
                      });
  }
  void of_the_engine() const {
    const auto first_lr = [](Rule& h) { h.lr = 0.05; };
    Mistakes{first_lr}.setting("a changed lr does not arrive", first_lr);
    step("up instead of down", [](const Rule& h, int t, auto& theta, const auto& g, auto& s) {
      const auto before = theta;
      reference_step(h, t, theta, g, s);
      turn(theta, before);
    });
    if (Reference<Rule>::state.empty()) return;
    step("state does not last", [](const Rule& h, int t, auto& theta, const auto& g, auto& s) {
      if constexpr (ScaledRule<Rule>) {
        for (Numbers& each : s) each = Reference<Rule>::start(h);
      } else {
        s = Reference<Rule>::start(h);
      }
      reference_step(h, t, theta, g, s);
    });
  }
};

}  // namespace gradus::testing
