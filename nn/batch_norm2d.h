#pragma once
#include "nn/batch_norm.h"

namespace gradus::nn {

/// BatchNorm1d for images: a channel has N H W elements.
/// Shapes: x [N, C, H, W]  ->  y like x. Throws ConfigError, ShapeError:
///   "[BatchNorm2d] x is [4, 2, 8, 8]; expected [N, 3, H, W]".
struct BatchNorm2d : BatchNorm {
  explicit BatchNorm2d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm2d", 2, num_features, options) {}
};

}  // namespace gradus::nn
