#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Decay with the square root of time; without end.
///   base / sqrt((t + timescale) / timescale)
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 5.3, after a Warmup of `timescale` steps;
/// transformers.get_inverse_sqrt_schedule, which has timescale 10000 without a warm-up.
struct InverseSqrt {
  double base = 0;
  double timescale = 10000;

  void check() const {
    check_finite("InverseSqrt", "base", base);
    check_range("InverseSqrt", "timescale", timescale, Range::kPositive);
  }

  double operator()(double t) const { return base / std::sqrt((t + timescale) / timescale); }
};

}  // namespace gradus::optim::schedules
