#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// MaxPool1d along height and width. `MaxPool2d(2)`, `MaxPool2d({3, 2}, {.ceil_mode = true})`.
/// Shapes: x [N, C, H, W] or [C, H, W]  ->  y [N, C, TH, TW] or [C, TH, TW].
/// Throws ConfigError, ShapeError.
struct MaxPool2d : MaxPool {
  explicit MaxPool2d(const PerAxis& kernel_size, const MaxPoolOptions& options = {})
      : MaxPool(2, kernel_size, options) {}
};

}  // namespace gradus::nn
