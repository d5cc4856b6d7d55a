#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The same share less in every step; without end.
///   base gamma^t
/// Source: torch.optim.lr_scheduler.ExponentialLR.
struct Exponential {
  double base = 0;
  double gamma = 0.9;

  void check() const {
    check_finite("Exponential", "base", base);
    check_range("Exponential", "gamma", gamma, Range::kPositive);
  }

  double operator()(double t) const { return base * std::pow(gamma, t); }
};

}  // namespace gradus::optim::schedules
