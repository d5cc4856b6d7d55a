#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "tensor/error.h"

namespace gradus::train {

/// Says when a measure has stopped getting better:
///   if (stopping.stop(validation_loss)) break;
struct EarlyStopping {
  std::int64_t patience = 3;  ///< measures in a row that may be no better than the best one
  double min_delta = 0;       ///< what counts as better: by more than this
  bool lower_is_better = true;

  /// Takes one more measure; true when `patience` of them in a row were no better. A NaN is none.
  /// Throws ConfigError: "[early_stopping] patience: 0; expected >= 1".
  bool stop(double measure) {
    if (patience < 1) {
      throw ConfigError("[early_stopping] patience: " + std::to_string(patience) +
                        "; expected >= 1");
    }
    const double gain = lower_is_better ? best - measure : measure - best;
    const bool first = std::isnan(best) && !std::isnan(measure);
    if (first || gain > min_delta) {
      best = measure;
      without_gain = 0;
    } else {
      ++without_gain;
    }
    return without_gain >= patience;
  }

  double best = std::numeric_limits<double>::quiet_NaN();  ///< NaN before the first measure
  std::int64_t without_gain = 0;                           ///< measures since the best one
};

}  // namespace gradus::train
