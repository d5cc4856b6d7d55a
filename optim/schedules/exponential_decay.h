#pragma once
#include <algorithm>
#include <optional>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Exponential decay by `rate` in every `steps` steps, smooth or in stairs, with a limit.
///   base rate^((t - begin) / steps), and base before `begin`
/// `limit` is where it stops: from below for rate < 1, from above for rate > 1.
/// Source: optax.exponential_decay.
struct ExponentialDecay {
  double base = 0;
  double rate = 0.9;
  double steps = 1;
  double begin = 0;
  bool staircase = false;
  std::optional<double> limit = {};

  void check() const {
    check_finite("ExponentialDecay", "base", base);
    check_range("ExponentialDecay", "rate", rate, Range::kPositive);
    check_range("ExponentialDecay", "steps", steps, Range::kPositive);
    check_range("ExponentialDecay", "begin", begin, Range::kNonNegative);
    if (limit) check_finite("ExponentialDecay", "limit", *limit);
  }

  double operator()(double t) const {
    if (t <= begin) return base;
    const double power = (t - begin) / steps;
    const double value = base * std::pow(rate, staircase ? std::floor(power) : power);
    if (!limit) return value;
    return rate < 1 ? std::max(value, *limit) : std::min(value, *limit);
  }
};

}  // namespace gradus::optim::schedules
