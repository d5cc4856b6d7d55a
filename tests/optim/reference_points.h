#pragma once
// References of Lion, Adan, and of the rules that keep a second point: Lookahead, Schedule-Free.
#include "optim/rules/adan.h"
#include "optim/rules/lion.h"
#include "optim/rules/lookahead.h"
#include "optim/rules/lookahead_pullback.h"
#include "optim/rules/ranger.h"
#include "optim/rules/schedule_free_adamw.h"
#include "optim/rules/schedule_free_sgd.h"
#include "tests/optim/reference_kin.h"

namespace gradus::testing {

template <>
struct Reference<Lion> {
  static inline const std::vector<std::string> state = {"m"};
  static Numbers start(const Lion&) { return {0}; }
  static void update(const Lion& h, int, double& theta, double g, Numbers& s) {
    const double c = h.beta1 * s[0] + (1 - h.beta1) * g;
    if (c != 0) theta = c > 0 ? theta - h.lr : theta + h.lr;
    average(s[0], h.beta2, g);
  }
};

template <>
struct Reference<Adan> {
  static inline const std::vector<std::string> state = {"m", "v", "n", "g_before"};
  static Numbers start(const Adan&) { return {0, 0, 0, 0}; }
  static void update(const Adan& h, int t, double& theta, double g, Numbers& s) {
    const double difference = t == 1 ? 0 : g - s[3];
    average(s[0], h.beta1, g);
    average(s[1], h.beta2, difference);
    average(s[2], h.beta3, std::pow(g + h.beta2 * difference, 2));
    s[3] = g;
    const double n_hat = s[2] / (1 - std::pow(h.beta3, t));
    const double divisor = rms_divisor(n_hat, h.eps, h.eps_placement);
    const double of_m = h.lr / (1 - std::pow(h.beta1, t)) / divisor;
    const double of_v = h.lr * h.beta2 / (1 - std::pow(h.beta2, t)) / divisor;
    if (h.decay == AdanDecay::kDecoupled) theta = theta - theta * h.lr * h.weight_decay;
    theta = theta - of_m * s[0];
    theta = theta - of_v * s[1];
    if (h.decay == AdanDecay::kProximal) theta = theta / (1 + h.lr * h.weight_decay);
  }
};

/// slow stands before the state of the inner rule.
template <class Rule, class Inner>
struct ReferenceOfLookahead {
  static inline const std::vector<std::string> state = [] {
    std::vector<std::string> names = {"slow"};
    for (const std::string& name : Reference<Inner>::state) names.push_back(name);
    return names;
  }();
  static constexpr std::size_t from_theta = 0;
  static Numbers start(const Rule& h) {
    Numbers all = {0};
    for (const double each : Reference<Inner>::start(h)) all.push_back(each);
    return all;
  }
  static void update(const Rule& h, int t, double& theta, double g, Numbers& s) {
    Numbers inner(s.begin() + 1, s.end());
    Reference<Inner>::update(h, t, theta, g, inner);
    if (t % h.period == 0) {
      s[0] = s[0] + h.alpha * (theta - s[0]);
      theta = s[0];
      if (h.at_sync == AtSync::kReset) inner[0] = 0;
    }
    std::copy(inner.begin(), inner.end(), s.begin() + 1);
  }
};
template <>
struct Reference<LookaheadPullbackAdam> {
  static inline const std::vector<std::string> state = {"slow", "m", "v", "slow_m"};
  static constexpr std::size_t from_theta = 0;
  static Numbers start(const LookaheadPullbackAdam&) { return {0, 0, 0, 0}; }
  static void update(const LookaheadPullbackAdam& h, int t, double& theta, double g, Numbers& s) {
    Numbers adam = {s[1], s[2]};
    Reference<Adam>::update(h, t, theta, g, adam);
    if (t % h.period == 0) {
      theta = s[0] = (1 - h.alpha) * s[0] + h.alpha * theta;
      adam[0] = s[3] = (1 - h.alpha) * s[3] + h.alpha * adam[0];
    }
    s[1] = adam[0];
    s[2] = adam[1];
  }
};
template <>
struct Reference<LookaheadAdam> : ReferenceOfLookahead<LookaheadAdam, Adam> {};
template <>
struct Reference<Ranger> : ReferenceOfLookahead<Ranger, RAdam> {};

/// One step u of z, in the published program's form. y, z: theta and its fast point; `kept` the
/// sum of weights and the largest lr. Returns c.
template <class Rule>
double schedule_free_step(const Rule& h, int t, double& y, double u, double& z, double* kept) {
  const double lr = t < h.warmup_steps ? h.lr * t / h.warmup_steps : h.lr;
  kept[1] = std::max(kept[1], lr);
  const double weight = std::pow(t, h.r) * std::pow(kept[1], h.weight_lr_power);
  kept[0] = kept[0] + weight;
  const double c = weight / kept[0];
  // By way of x, which the program has not.
  const double x = (y - (1 - h.beta1) * z) / h.beta1;
  z = z - lr * u;
  const double next = (1 - c) * x + c * z;
  y = (1 - h.beta1) * z + h.beta1 * next;
  return c;
}

template <>
struct Reference<ScheduleFreeAdamW> {
  static inline const std::vector<std::string> state = {"z", "v", "weight_sum", "lr_max",
                                                        "evaluating"};
  static constexpr std::size_t from_theta = 0;
  static Numbers start(const ScheduleFreeAdamW&) { return {0, 0, 0, 0, 0}; }
  static void update(const ScheduleFreeAdamW& h, int t, double& theta, double g, Numbers& s) {
    average(s[1], h.beta2, g * g);
    const double size = std::sqrt(s[1] / (1 - std::pow(h.beta2, t))) + h.eps;
    schedule_free_step(h, t, theta, g / size + h.weight_decay * theta, s[0], &s[2]);
  }
};

template <>
struct Reference<ScheduleFreeSGD> {
  static inline const std::vector<std::string> state = {"z", "weight_sum", "lr_max", "evaluating"};
  static constexpr std::size_t from_theta = 0;
  static Numbers start(const ScheduleFreeSGD&) { return {0, 0, 0, 0}; }
  static void update(const ScheduleFreeSGD& h, int t, double& theta, double g, Numbers& s) {
    schedule_free_step(h, t, theta, g + h.weight_decay * theta, s[0], &s[1]);
  }
};

}  // namespace gradus::testing
