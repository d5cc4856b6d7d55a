#pragma once
#include <limits>
#include <map>
#include <string>

#include "optim/rule.h"

namespace gradus::optim::schedules {

/// Which way a metric gets better, and how much better counts.
enum class Better { kSmaller, kLarger };
enum class Threshold { kRelative, kAbsolute };

/// As the arguments of torch.optim.lr_scheduler.ReduceLROnPlateau.
struct PlateauSettings {
  double base = 0;
  double factor = 0.1;   ///< what a reduction multiplies by, < 1
  double patience = 10;  ///< metrics without progress that are endured
  double threshold = 1e-4;
  Threshold threshold_mode = Threshold::kRelative;
  Better better = Better::kSmaller;
  double cooldown = 0;  ///< metrics after a reduction that are not counted
  double min = 0;
  double eps = 1e-8;  ///< smaller reductions are left out
};

/// Reduces a value when a metric stops getting better: value = max(min, value factor) after more
/// than `patience` metrics in a row that were no progress. A metric of NaN is no progress.
/// The one schedule that is no function of the step: it has state, which must be saved.
/// Source: torch.optim.lr_scheduler.ReduceLROnPlateau.
class Plateau {
 public:
  /// Throws ConfigError: "[Plateau] factor: 1; expected 0 <= factor < 1".
  explicit Plateau(const PlateauSettings& settings);

  /// Takes one metric, say the validation loss of an epoch, and returns the value from now on.
  double step(double metric);
  double value() const { return value_; }

  /// All that changes: value, best, bad, cooldown.
  std::map<std::string, double> state_dict() const;
  /// Throws ConfigError: "[Plateau] state_dict: no 'best'; expected value, best, bad and cooldown".
  void load_state_dict(const std::map<std::string, double>& saved);

 private:
  bool is_better(double metric) const;

  PlateauSettings s_;
  double value_, best_, bad_ = 0, cooldown_ = 0;
};

}  // namespace gradus::optim::schedules
