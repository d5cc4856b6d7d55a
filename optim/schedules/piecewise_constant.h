#pragma once
#include <utility>
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// At each boundary (from t = boundary on) the value is multiplied by the scale beside it. After
/// the last one nothing changes. Source: optax.piecewise_constant_schedule.
struct PiecewiseConstant {
  double base = 0;
  std::vector<std::pair<double, double>> boundaries = {};  ///< {step, scale}, in any order

  void check() const {
    check_finite("PiecewiseConstant", "base", base);
    for (const auto& [step, scale] : boundaries) {
      check_range("PiecewiseConstant", "step", step, Range::kNonNegative);
      check_range("PiecewiseConstant", "scale", scale, Range::kNonNegative);
    }
  }

  double operator()(double t) const {
    double value = base;
    for (const auto& [step, scale] : boundaries) {
      if (step <= t) value *= scale;
    }
    return value;
  }
};

}  // namespace gradus::optim::schedules
