#pragma once
#include <string>
#include <vector>

#include "optim/schedule.h"

namespace gradus::optim::schedules {

/// One schedule after another: number k runs from milestone k - 1 on, where it counts from 0.
/// Beyond the last milestone: what the last schedule says.
/// Source: torch.optim.lr_scheduler.SequentialLR, optax.join_schedules.
/// Differs: nothing is left over from the schedules before, as it is in PyTorch.
struct Sequential {
  std::vector<Schedule> schedules = {};
  std::vector<double> milestones = {};  ///< increasing, one less than schedules

  void check() const {
    if (schedules.empty() || milestones.size() + 1 != schedules.size()) {
      throw ConfigError("[Sequential] " + std::to_string(schedules.size()) + " schedules and " +
                        std::to_string(milestones.size()) +
                        " milestones; expected one milestone less than schedules");
    }
    double before = 0;
    for (const double m : milestones) {
      if (!(m >= before) || !std::isfinite(m)) {
        throw ConfigError("[Sequential] milestone: " + to_text(m) + "; expected at least " +
                          to_text(before) + ", the one before");
      }
      before = m;
    }
  }

  double operator()(double t) const {
    std::size_t k = 0;
    while (k < milestones.size() && milestones[k] <= t) ++k;
    return schedules[k](k == 0 ? t : t - milestones[k - 1]);
  }
};

}  // namespace gradus::optim::schedules
