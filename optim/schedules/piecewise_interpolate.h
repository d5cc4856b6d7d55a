#pragma once
#include <utility>
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Lines or half cosine waves from boundary to boundary: at each the value has been multiplied by
/// the scale beside it. After the last one nothing changes.
/// Source: optax.piecewise_interpolate_schedule.
struct PiecewiseInterpolate {
  double base = 0;
  std::vector<std::pair<double, double>> boundaries = {};  ///< {step, scale}, steps increasing
  Anneal shape = Anneal::kLinear;

  void check() const {
    check_finite("PiecewiseInterpolate", "base", base);
    double before = 0;
    for (const auto& [step, scale] : boundaries) {
      if (!(step > before) || !std::isfinite(step)) {
        throw ConfigError("[PiecewiseInterpolate] step: " + to_text(step) +
                          "; expected more than " + to_text(before) + ", the boundary before");
      }
      check_range("PiecewiseInterpolate", "scale", scale, Range::kNonNegative);
      before = step;
    }
  }

  double operator()(double t) const {
    double value = base, from = 0;
    for (const auto& [step, scale] : boundaries) {
      if (t < step) return anneal(value, value * scale, (t - from) / (step - from), shape);
      value *= scale;
      from = step;
    }
    return value;
  }
};

}  // namespace gradus::optim::schedules
