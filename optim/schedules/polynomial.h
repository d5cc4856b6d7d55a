#pragma once
#include <algorithm>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// From the base to `end` along a power of the time that is left, then `end`.
///   (base - end) (1 - min(t, steps) / steps)^power + end
/// Source: torch.optim.lr_scheduler.PolynomialLR (end 0), optax.polynomial_schedule.
struct Polynomial {
  double base = 0;
  double end = 0;
  double power = 1;
  double steps = 5;

  void check() const {
    check_finite("Polynomial", "base", base);
    check_finite("Polynomial", "end", end);
    check_range("Polynomial", "power", power, Range::kPositive);
    check_range("Polynomial", "steps", steps, Range::kPositive);
  }

  double operator()(double t) const {
    return (base - end) * std::pow(1 - std::min(t, steps) / steps, power) + end;
  }
};

}  // namespace gradus::optim::schedules
