#pragma once
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// Rates that grow by the same factor in every step, to find one: train with it and look at the
/// loss; see suggested_lr.
///   low (high / low)^(t / steps);  beyond `steps` it goes on growing
/// Source: Smith 2017, WACV, arXiv:1506.01186, section 3.3.
struct RangeTest {
  double low = 1e-7, high = 10;
  double steps = 100;

  void check() const {
    check_range("RangeTest", "low", low, Range::kPositive);
    check_range("RangeTest", "high", high, Range::kPositive);
    check_range("RangeTest", "steps", steps, Range::kPositive);
  }

  double operator()(double t) const { return low * std::pow(high / low, t / steps); }
};

/// The rate where the smoothed loss fell most steeply over log(lr), before it first reached
/// `stop_factor` times its best. losses[k] belongs to rates[k]; smoothed by an exponential mean
/// with weight `beta`, corrected for its start.
/// Throws ConfigError:
///   "[suggested_lr] losses: 3 for 4 rates; expected equally many, at least 3"
///   "[suggested_lr] losses: never fall; expected rates small enough to learn with"
double suggested_lr(const std::vector<double>& rates, const std::vector<double>& losses,
                    double beta = 0.9, double stop_factor = 4);

}  // namespace gradus::optim::schedules
