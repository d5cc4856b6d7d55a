#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// AdaptiveAvgPool1d along height and width; AdaptiveAvgPool2d(1) is the mean of each channel.
/// Shapes: x [N, C, H, W] or [C, H, W]  ->  y [N, C, TH, TW] or [C, TH, TW].
/// Throws ConfigError, ShapeError. Differs: no None among the sizes.
struct AdaptiveAvgPool2d : AdaptivePool {
  explicit AdaptiveAvgPool2d(const PerAxis& output_size)
      : AdaptivePool("AdaptiveAvgPool2d", 2, output_size) {}
  Variable forward(Operand x) const override { return adaptive_avg_pool2d(std::move(x), size_); }
};

}  // namespace gradus::nn
