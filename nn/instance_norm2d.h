#pragma once
#include "nn/batch_norm.h"

namespace gradus::nn {

/// InstanceNorm1d for images. Shapes: x [N, C, H, W] or [C, H, W]  ->  y like x.
/// Throws ConfigError, ShapeError.
struct InstanceNorm2d : InstanceNorm {
  explicit InstanceNorm2d(std::int64_t num_features,
                          const BatchNormOptions& options = {.affine = false,
                                                             .track_running_stats = false})
      : InstanceNorm("InstanceNorm2d", 2, num_features, options) {}
};

}  // namespace gradus::nn
