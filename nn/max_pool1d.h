#pragma once
#include "nn/pool.h"

namespace gradus::nn {

/// The largest element of each window, to which the gradient goes: the first of equal ones, the
/// last NaN. `MaxPool1d(2)`, `MaxPool1d(3, {.stride = 2, .padding = 1})`.
/// Shapes: x [N, C, L] or [C, L]  ->  y [N, C, T] or [C, T], T as in tensor/pooling.h.
/// Throws ConfigError, ShapeError: "[max_pool1d] x: shape [4]; expected [N, C, L] or [C, L]".
struct MaxPool1d : MaxPool {
  explicit MaxPool1d(const PerAxis& kernel_size, const MaxPoolOptions& options = {})
      : MaxPool(1, kernel_size, options) {}
};

}  // namespace gradus::nn
