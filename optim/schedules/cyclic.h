#pragma once
#include <optional>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// How high the cycles are.
enum class CycleHeight { kSame, kHalving, kExponential };

/// Up from `base` to `max` and down again; without end. kHalving halves the height from cycle to
/// cycle, kExponential multiplies it by gamma^t.
/// Momentum that is high while lr is low is a Cyclic with base above max.
/// Source: Smith 2017, WACV, arXiv:1506.01186; torch.optim.lr_scheduler.CyclicLR (triangular,
/// triangular2, exp_range).
struct Cyclic {
  double base = 0, max = 0;
  double up = 2000;                 ///< steps up
  std::optional<double> down = {};  ///< steps down; as many as up
  CycleHeight height = CycleHeight::kSame;
  double gamma = 1;

  void check() const {
    check_finite("Cyclic", "base", base);
    check_finite("Cyclic", "max", max);
    check_range("Cyclic", "up", up, Range::kPositive);
    if (down) check_range("Cyclic", "down", *down, Range::kPositive);
    check_range("Cyclic", "gamma", gamma, Range::kPositive);
  }

  double operator()(double t) const {
    const double length = up + down.value_or(up), cycle = std::floor(t / length);
    const double x = t - cycle * length;
    double scale = x <= up ? x / up : (length - x) / (length - up);
    if (height == CycleHeight::kHalving) scale *= std::pow(0.5, cycle);
    if (height == CycleHeight::kExponential) scale *= std::pow(gamma, t);
    return base + (max - base) * scale;
  }
};

}  // namespace gradus::optim::schedules
