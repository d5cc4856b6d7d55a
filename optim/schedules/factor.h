#pragma once
#include <algorithm>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// The book's factor schedule: a geometric decay down to a floor.
///   max(floor, base factor^t)
/// Source: Zhang et al., Dive into Deep Learning, section 12.11.
/// Differs: the book's object multiplies before its first answer; its value k is factor(k + 1)
/// here.
struct Factor {
  double base = 0;
  double factor = 0.9;
  double floor = 0;

  void check() const {
    check_finite("Factor", "base", base);
    check_range("Factor", "factor", factor, Range::kPositive);
    check_finite("Factor", "floor", floor);
  }

  double operator()(double t) const { return std::max(floor, base * std::pow(factor, t)); }
};

}  // namespace gradus::optim::schedules
