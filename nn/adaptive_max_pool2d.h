#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// The largest elements of the windows of AdaptiveAvgPool2d.
/// Shapes: x [N, C, H, W] or [C, H, W]  ->  y [N, C, TH, TW] or [C, TH, TW].
/// Throws ConfigError, ShapeError.
struct AdaptiveMaxPool2d : AdaptivePool {
  explicit AdaptiveMaxPool2d(const PerAxis& output_size)
      : AdaptivePool("AdaptiveMaxPool2d", 2, output_size) {}
  Variable forward(Operand x) const override { return adaptive_max_pool2d(std::move(x), size_); }
  VariableAndIndices with_indices(Operand x) const {
    return adaptive_max_pool2d_with_indices(std::move(x), size_);
  }
};

}  // namespace gradus::nn
