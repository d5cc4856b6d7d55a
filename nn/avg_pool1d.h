#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// The mean of each window. Shapes: x [N, C, L] or [C, L]  ->  y [N, C, T] or [C, T].
/// Throws ConfigError, ShapeError. Differs: divisor_override, which PyTorch has for two axes alone.
struct AvgPool1d : AvgPool {
  explicit AvgPool1d(const PerAxis& kernel_size, const AvgPoolOptions& options = {})
      : AvgPool(1, kernel_size, options) {}
};

}  // namespace gradus::nn
