#pragma once
#include <algorithm>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Cosine decay over `cycles` waves (1/2: from the base to the floor), then it stays where it was.
///   base max(0, min_rate + (1 - min_rate) (1 + cos(2 pi cycles t / steps)) / 2)
/// Source: transformers.get_cosine_schedule_with_warmup and ..._with_min_lr_..., after their
/// warm-up (Warmup); optax.cosine_decay_schedule, where min_rate is called alpha.
/// Differs: beyond `steps` those of transformers go up again.
struct Cosine {
  double base = 0;
  double steps = 1;
  double cycles = 0.5;
  double min_rate = 0;  ///< floor as a share of the base

  void check() const {
    check_finite("Cosine", "base", base);
    check_range("Cosine", "steps", steps, Range::kPositive);
    check_range("Cosine", "cycles", cycles, Range::kNonNegative);
    check_unit("Cosine", "min_rate", min_rate);
  }

  double operator()(double t) const {
    const double wave =
        anneal(1, min_rate, 2 * cycles * std::min(t, steps) / steps, Anneal::kCosine);
    return base * std::max(0.0, wave);
  }
};

}  // namespace gradus::optim::schedules
