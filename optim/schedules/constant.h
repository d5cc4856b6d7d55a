#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// A share of the base for some steps, then the base.
///   base factor for t < steps, then base
/// Source: torch.optim.lr_scheduler.ConstantLR. A plain constant is just a number.
struct Constant {
  double base = 0;
  double factor = 1.0 / 3;
  double steps = 5;  ///< steps with the factor

  void check() const {
    check_finite("Constant", "base", base);
    check_finite("Constant", "factor", factor);
    check_range("Constant", "steps", steps, Range::kNonNegative);
  }

  double operator()(double t) const { return t < steps ? base * factor : base; }
};

}  // namespace gradus::optim::schedules
