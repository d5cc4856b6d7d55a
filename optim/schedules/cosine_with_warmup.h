#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The book's cosine schedule: a straight line from warmup_begin to base in `warmup` steps, then a
/// cosine to `final` at step `steps` (counted from the start), where it stays.
/// Source: Zhang et al., Dive into Deep Learning, section 12.11.
struct CosineWithWarmup {
  double base = 0;
  double final = 0;
  double steps = 1;
  double warmup = 0;
  double warmup_begin = 0;

  void check() const {
    check_finite("CosineWithWarmup", "base", base);
    check_finite("CosineWithWarmup", "final", final);
    check_range("CosineWithWarmup", "warmup", warmup, Range::kNonNegative);
    check_finite("CosineWithWarmup", "warmup_begin", warmup_begin);
    if (!(steps > warmup) || !std::isfinite(steps)) {
      throw ConfigError("[CosineWithWarmup] steps: " + to_text(steps) + "; expected more than " +
                        to_text(warmup) + ", the warm-up");
    }
  }

  double operator()(double t) const {
    if (t < warmup) return warmup_begin + (base - warmup_begin) * t / warmup;
    if (t >= steps) return final;
    return anneal(base, final, (t - warmup) / (steps - warmup), Anneal::kCosine);
  }
};

}  // namespace gradus::optim::schedules
