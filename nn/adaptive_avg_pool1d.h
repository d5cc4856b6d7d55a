#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// Means of windows that cover x: window i has the elements from floor(i L / T) up to
/// ceil((i + 1) L / T). Shapes: x [N, C, L] or [C, L]  ->  y [N, C, T] or [C, T], T = output_size.
/// Throws ConfigError, ShapeError.
struct AdaptiveAvgPool1d : AdaptivePool {
  explicit AdaptiveAvgPool1d(const PerAxis& output_size)
      : AdaptivePool("AdaptiveAvgPool1d", 1, output_size) {}
  Variable forward(Operand x) const override { return adaptive_avg_pool1d(std::move(x), size_); }
};

}  // namespace gradus::nn
