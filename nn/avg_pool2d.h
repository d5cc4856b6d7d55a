#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// The mean of each window. Shapes: x [N, C, H, W] or [C, H, W]  ->  y [N, C, TH, TW] or
/// [C, TH, TW]. Throws ConfigError, ShapeError.
struct AvgPool2d : AvgPool {
  explicit AvgPool2d(const PerAxis& kernel_size, const AvgPoolOptions& options = {})
      : AvgPool(2, kernel_size, options) {}
};

}  // namespace gradus::nn
