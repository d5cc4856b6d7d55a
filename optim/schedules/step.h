#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Stairs of equal width; without end.
///   base gamma^floor(t / every)
/// Source: torch.optim.lr_scheduler.StepLR.
struct Step {
  double base = 0;
  double every = 1;  ///< steps between two falls
  double gamma = 0.1;

  void check() const {
    check_finite("Step", "base", base);
    check_range("Step", "every", every, Range::kPositive);
    check_range("Step", "gamma", gamma, Range::kPositive);
  }

  double operator()(double t) const { return base * std::pow(gamma, std::floor(t / every)); }
};

}  // namespace gradus::optim::schedules
