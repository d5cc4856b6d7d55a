#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

enum class Ramp { kLinear, kCosine, kOneMinusSqrt };

/// From 0 at fraction 0 to 1 at fraction 1; kOneMinusSqrt is 1 - sqrt(1 - fraction).
inline double rising(double fraction, Ramp shape) {
  if (shape == Ramp::kLinear) return fraction;
  if (shape == Ramp::kCosine) return anneal(0, 1, fraction, Anneal::kCosine);
  return 1 - std::sqrt(1 - fraction);
}

/// Warm-up, stable, decay: up in `warmup` steps, then the base for `stable` steps, then down in
/// `decay` steps to min_rate base, where it stays. A decay can begin at any step of the stable
/// part: the same schedule with another `stable` gives the same values up to there. Source: Hu et
/// al. 2024, arXiv:2404.06395; transformers.get_wsd_schedule.
struct Wsd {
  double base = 0;
  double warmup = 0, stable = 0, decay = 1;  ///< steps
  Ramp warmup_shape = Ramp::kLinear, decay_shape = Ramp::kCosine;
  double min_rate = 0;  ///< at both ends, as a share of the base

  void check() const {
    check_finite("Wsd", "base", base);
    check_range("Wsd", "warmup", warmup, Range::kNonNegative);
    check_range("Wsd", "stable", stable, Range::kNonNegative);
    check_range("Wsd", "decay", decay, Range::kNonNegative);
    check_unit("Wsd", "min_rate", min_rate);
  }

  double operator()(double t) const {
    const auto above = [this](double part) { return base * (min_rate + (1 - min_rate) * part); };
    if (t < warmup) return above(rising(t / warmup, warmup_shape));
    t -= warmup;
    if (t < stable) return base;
    t -= stable;
    if (t >= decay) return above(0);
    // Not 1 - rising(1 - x): the root stands on the side where the decay begins.
    return above(decay_shape == Ramp::kOneMinusSqrt ? 1 - std::sqrt(t / decay)
                                                    : 1 - rising(t / decay, decay_shape));
  }
};

}  // namespace gradus::optim::schedules
