#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// SGDR: cosine decays from the base to `min`, each `mult` times as long as the one before.
///   min + (base_i - min) (1 + cos(pi T_cur / T_i)) / 2,   T_i = steps mult^i, base_i = base
///   decay^i
/// T_cur counts from the last restart. Without end.
/// Source: Loshchilov & Hutter 2017, ICLR, arXiv:1608.03983, eq. 5;
/// torch.optim.lr_scheduler.CosineAnnealingWarmRestarts (decay 1).
/// Differs: mult may be a fraction.
struct CosineWarmRestarts {
  double base = 0;
  double min = 0;
  double steps = 1;  ///< T_0, up to the first restart
  double mult = 1;
  double decay = 1;  ///< of the base at each restart

  void check() const {
    check_finite("CosineWarmRestarts", "base", base);
    check_finite("CosineWarmRestarts", "min", min);
    check_range("CosineWarmRestarts", "steps", steps, Range::kPositive);
    check_at_least_one("CosineWarmRestarts", "mult", mult);
    check_range("CosineWarmRestarts", "decay", decay, Range::kPositive);
  }

  double operator()(double t) const {
    double length = steps, height = base;
    if (mult == 1) {
      height *= std::pow(decay, std::floor(t / steps));
      t = std::fmod(t, steps);
    } else {
      for (; t >= length; length *= mult) {
        t -= length;
        height *= decay;
      }
    }
    return anneal(height, min, t / length, Anneal::kCosine);
  }
};

}  // namespace gradus::optim::schedules
