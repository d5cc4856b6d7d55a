#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// A straight line from a share of the first value up to it, then a schedule that counts from 0.
///   t < steps: then(0) (from + (1 - from) t / steps), or (t + 1) / steps with skip_zero
///   else:      then(t - steps)
/// With from = 0 the first step has the value 0 and moves nothing; skip_zero begins at 1 / steps.
/// Source: the schedules with warm-up of transformers: constant, linear (Linear), cosine (Cosine,
/// CosineHardRestarts), polynomial (Polynomial), inverse square root (InverseSqrt).
struct Warmup {
  double steps = 0;
  Schedule then = {};
  double from = 0;
  bool skip_zero = false;

  void check() const {
    check_range("Warmup", "steps", steps, Range::kNonNegative);
    check_unit("Warmup", "from", from);
  }

  double operator()(double t) const {
    if (t >= steps) return then(t - steps);
    return then(0) * (from + (1 - from) * (skip_zero ? t + 1 : t) / steps);
  }
};

}  // namespace gradus::optim::schedules
