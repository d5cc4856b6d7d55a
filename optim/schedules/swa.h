#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The way to the constant rate of stochastic weight averaging; beyond `steps` it is `swa`.
///   base + (swa - base) a,   a = min(1, t / steps), or (1 - cos(pi a)) / 2
/// Source: Izmailov et al. 2018, UAI, arXiv:1803.05407; torch.optim.swa_utils.SWALR.
struct Swa {
  double base = 0;
  double swa = 0;
  double steps = 10;
  Anneal shape = Anneal::kCosine;

  void check() const {
    check_finite("Swa", "base", base);
    check_finite("Swa", "swa", swa);
    check_range("Swa", "steps", steps, Range::kNonNegative);
  }

  double operator()(double t) const {
    return t >= steps ? swa : anneal(base, swa, t / steps, shape);
  }
};

}  // namespace gradus::optim::schedules
