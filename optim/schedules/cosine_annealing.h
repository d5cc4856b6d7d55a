#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Half a cosine wave from the base to `min`.
///   min + (base - min) (1 + cos(pi t / steps)) / 2
/// Beyond `steps` it goes up again, as PyTorch's does, and is back at the base after 2 steps;
/// Cosine stays at its end instead.
/// Source: Loshchilov & Hutter 2017, ICLR, arXiv:1608.03983, eq. 5 without restarts;
/// torch.optim.lr_scheduler.CosineAnnealingLR.
/// Differs: PyTorch computes each value from the one before; the results agree up to rounding.
struct CosineAnnealing {
  double base = 0;
  double min = 0;
  double steps = 1;  ///< T_max

  void check() const {
    check_finite("CosineAnnealing", "base", base);
    check_finite("CosineAnnealing", "min", min);
    check_range("CosineAnnealing", "steps", steps, Range::kPositive);
  }

  double operator()(double t) const { return anneal(base, min, t / steps, Anneal::kCosine); }
};

}  // namespace gradus::optim::schedules
