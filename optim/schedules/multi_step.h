#pragma once
#include <algorithm>
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// A fall at each milestone; a milestone that stands there twice counts twice. After the last one
/// nothing changes.
///   base gamma^(number of milestones <= t)
/// Source: torch.optim.lr_scheduler.MultiStepLR; the book's multi-factor schedule.
struct MultiStep {
  double base = 0;
  std::vector<double> milestones = {};
  double gamma = 0.1;

  void check() const {
    check_finite("MultiStep", "base", base);
    for (const double m : milestones) {
      check_range("MultiStep", "milestones", m, Range::kNonNegative);
    }
    check_range("MultiStep", "gamma", gamma, Range::kPositive);
  }

  double operator()(double t) const {
    const auto passed = std::count_if(milestones.begin(), milestones.end(),
                                      [t](double milestone) { return milestone <= t; });
    return base * std::pow(gamma, static_cast<double>(passed));
  }
};

}  // namespace gradus::optim::schedules
