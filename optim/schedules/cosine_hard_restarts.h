#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// `cycles` cosine decays to 0, each of which starts again at the base; 0 from `steps` on.
///   base (1 + cos(pi frac(cycles t / steps))) / 2
/// Source: transformers.get_cosine_with_hard_restarts_schedule_with_warmup, after its warm-up.
struct CosineHardRestarts {
  double base = 0;
  double steps = 1;
  double cycles = 1;

  void check() const {
    check_finite("CosineHardRestarts", "base", base);
    check_range("CosineHardRestarts", "steps", steps, Range::kPositive);
    check_at_least_one("CosineHardRestarts", "cycles", cycles);
  }

  double operator()(double t) const {
    if (t >= steps) return 0;
    return anneal(base, 0, std::fmod(cycles * t / steps, 1.0), Anneal::kCosine);
  }
};

}  // namespace gradus::optim::schedules
