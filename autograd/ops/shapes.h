#pragma once
#include <vector>

#include "autograd/ops/reshape.h"
#include "autograd/record_result.h"

// Views that only change the shape are recorded as reshape.

namespace gradus {

/// Merges the axes start..end into one; a copy where reshape makes one. Throws IndexError,
/// ConfigError (start after end).
inline Variable flatten(Operand x, int start = 0, int end = -1) {
  Tensor y = x.value().flatten(start, end);
  const Shape shape = y.shape();
  return record_result(ops::Reshape{shape}, std::move(y), x);
}

/// Drops the axes of size 1 among those named (none named: all). Throws IndexError.
inline Variable squeeze(Operand x, const Axes& axes = {}) {
  Tensor y = x.value().squeeze(axes);
  const Shape shape = y.shape();
  return record_result(ops::Reshape{shape}, std::move(y), x);
}

/// Inserts an axis of size 1; axis in -rank-1..rank. Throws IndexError.
inline Variable unsqueeze(Operand x, int axis) {
  Tensor y = x.value().unsqueeze(axis);
  const Shape shape = y.shape();
  return record_result(ops::Reshape{shape}, std::move(y), x);
}

}  // namespace gradus
