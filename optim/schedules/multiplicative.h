#pragma once
#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Each step multiplies what the step before had.
///   base factor(1) factor(2) ... factor(t)
/// Takes t calls of `factor`, which must be pure. (LambdaLR is any function: it is a schedule.)
/// Source: torch.optim.lr_scheduler.MultiplicativeLR.
struct Multiplicative {
  double base = 0;
  std::function<double(double)> factor = {};

  void check() const {
    check_finite("Multiplicative", "base", base);
    if (!factor)
      throw ConfigError("[Multiplicative] factor: none; expected a function of the step");
  }

  double operator()(double t) const {
    double value = base;
    for (double i = 1; i <= t; ++i) value *= factor(i);
    return value;
  }
};

}  // namespace gradus::optim::schedules
