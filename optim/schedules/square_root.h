#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The book's square root schedule; without end.
///   base / sqrt(t + 1)
/// Source: Zhang et al., Dive into Deep Learning, section 12.11.
struct SquareRoot {
  double base = 0;

  void check() const { check_finite("SquareRoot", "base", base); }

  double operator()(double t) const { return base / std::sqrt(t + 1); }
};

}  // namespace gradus::optim::schedules
