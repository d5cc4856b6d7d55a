#pragma once
#include <algorithm>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// A straight line between two shares of the base, for a warm-up or a decay.
///   base (start_factor + (end_factor - start_factor) min(t, steps) / steps)
/// Beyond `steps` it keeps the end.
/// Source: torch.optim.lr_scheduler.LinearLR; with factors 1 and 0 the decay of BERT.
struct Linear {
  double base = 0;
  double start_factor = 1.0 / 3, end_factor = 1;
  double steps = 5;

  void check() const {
    check_finite("Linear", "base", base);
    check_finite("Linear", "start_factor", start_factor);
    check_finite("Linear", "end_factor", end_factor);
    check_range("Linear", "steps", steps, Range::kPositive);
  }

  double operator()(double t) const {
    return base * (start_factor + (end_factor - start_factor) * std::min(t, steps) / steps);
  }
};

}  // namespace gradus::optim::schedules
