#pragma once
#include <array>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The path through the phases of one cycle: values at its first step, at the end of the rise, of
/// the fall (only with three phases) and at the last step.
inline double one_cycle(double t, double steps, double pct_start, bool three_phase, Anneal shape,
                        const std::array<double, 4>& values) {
  const double rise = pct_start * steps - 1, fall = 2 * rise, end = steps - 1;
  if (t >= end) return values[3];
  if (t <= rise) return anneal(values[0], values[1], rise > 0 ? t / rise : 1, shape);
  if (!three_phase) {
    return anneal(values[1], values[3], (t - rise) / (end - rise), shape);
  }
  if (t <= fall) return anneal(values[1], values[2], (t - rise) / (fall - rise), shape);
  return anneal(values[2], values[3], (t - fall) / (end - fall), shape);
}

/// One cycle over the whole training: from max / div_factor up to max, then down to
/// max / div_factor / final_div_factor. With three phases it comes down to where it began in as
/// many steps as it went up, and then to the end. The rise ends at step pct_start steps - 1, the
/// end is step `steps` - 1. Source: Smith & Topin 2018, arXiv:1708.07120;
/// torch.optim.lr_scheduler.OneCycleLR. Differs: beyond `steps` it stays at its end, where PyTorch
/// raises an error.
struct OneCycle {
  double max = 0;
  double steps = 2;
  double pct_start = 0.3;  ///< the part of the steps that goes up
  Anneal shape = Anneal::kCosine;
  double div_factor = 25, final_div_factor = 1e4;
  bool three_phase = false;

  void check() const {
    check_finite("OneCycle", "max", max);
    check_at_least_one("OneCycle", "steps", steps);
    check_unit("OneCycle", "pct_start", pct_start);
    check_range("OneCycle", "div_factor", div_factor, Range::kPositive);
    check_range("OneCycle", "final_div_factor", final_div_factor, Range::kPositive);
  }

  double operator()(double t) const {
    const double first = max / div_factor, last = first / final_div_factor;
    return one_cycle(t, steps, pct_start, three_phase, shape, {first, max, first, last});
  }
};

/// The momentum that belongs to OneCycle: from max down to base while lr rises, and back.
/// Source: torch.optim.lr_scheduler.OneCycleLR, base_momentum and max_momentum.
struct OneCycleMomentum {
  double base = 0.85, max = 0.95;
  double steps = 2;
  double pct_start = 0.3;
  Anneal shape = Anneal::kCosine;
  bool three_phase = false;

  void check() const {
    check_unit("OneCycleMomentum", "base", base);
    check_unit("OneCycleMomentum", "max", max);
    check_at_least_one("OneCycleMomentum", "steps", steps);
    check_unit("OneCycleMomentum", "pct_start", pct_start);
  }

  double operator()(double t) const {
    return one_cycle(t, steps, pct_start, three_phase, shape, {max, base, max, max});
  }
};

}  // namespace gradus::optim::schedules
