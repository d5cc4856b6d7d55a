#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// The largest elements of the windows of AdaptiveAvgPool1d.
/// Shapes: x [N, C, L] or [C, L]  ->  y [N, C, T] or [C, T]. Throws ConfigError, ShapeError.
struct AdaptiveMaxPool1d : AdaptivePool {
  explicit AdaptiveMaxPool1d(const PerAxis& output_size)
      : AdaptivePool("AdaptiveMaxPool1d", 1, output_size) {}
  Variable forward(Operand x) const override { return adaptive_max_pool1d(std::move(x), size_); }
  VariableAndIndices with_indices(Operand x) const {
    return adaptive_max_pool1d_with_indices(std::move(x), size_);
  }
};

}  // namespace gradus::nn
