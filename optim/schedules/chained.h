#pragma once
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Several schedules at once: the product of factors, each with base 1.
///   base factor_1(t) factor_2(t) ...
/// Source: torch.optim.lr_scheduler.ChainedScheduler, which it equals for schedules that multiply.
/// Differs: there, a CosineAnnealingLR with eta_min > 0 pulls the product towards eta_min.
struct Chained {
  double base = 0;
  std::vector<Schedule> factors = {};

  void check() const { check_finite("Chained", "base", base); }

  double operator()(double t) const {
    double value = base;
    for (const Schedule& factor : factors) value *= factor(t);
    return value;
  }
};

}  // namespace gradus::optim::schedules
