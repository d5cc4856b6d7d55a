#pragma once
// How an operation with broadcast operands walks its elements; shared by all CPU kernels.
#include <algorithm>
#include <array>

#include "tensor/tensor.h"

namespace gradus {

/// N operands read over one common shape. Axes of size 1 are dropped and neighbouring axes are
/// merged where every operand allows it, so that most plans have one or two axes.
template <int N>
struct LoopPlan {
  Shape shape;
  std::array<Strides, N> strides;

  LoopPlan(const Shape& out, const std::array<const Tensor*, N>& operands) {
    for (int axis = 0; axis < out.rank(); ++axis) {
      if (out[axis] == 1) continue;
      std::array<std::int64_t, N> step;
      bool merges = shape.rank() > 0;
      for (int k = 0; k < N; ++k) {
        const Tensor& x = *operands[k];
        const int own = axis - (out.rank() - x.rank());
        step[k] = own < 0 || x.shape()[own] == 1 ? 0 : x.strides()[own];
        merges = merges && strides[k][shape.rank() - 1] == step[k] * out[axis];
      }
      if (!merges) {
        shape.push_back(out[axis]);
        for (int k = 0; k < N; ++k) strides[k].push_back(step[k]);
        continue;
      }
      const int last = shape.rank() - 1;
      shape[last] *= out[axis];
      for (int k = 0; k < N; ++k) strides[k][last] = step[k];
    }
    if (shape.rank() == 0) {
      shape.push_back(1);
      for (auto& s : strides) s.push_back(0);
    }
  }

  /// Step of operand k along the last axis.
  std::int64_t inner(int k) const { return strides[k][shape.rank() - 1]; }

  /// Calls row(offsets, n, position) for the runs along the last axis that make up the elements
  /// begin..end of the common shape in row-major order; offsets in elements.
  template <class Row>
  void rows(std::int64_t begin, std::int64_t end, Row&& row) const {
    const int last = shape.rank() - 1;
    Dims index = Dims::filled(shape.rank(), 0);
    std::int64_t rest = begin;
    for (int axis = last; axis >= 0 && rest > 0; --axis) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    for (std::int64_t position = begin; position < end;) {
      std::array<std::int64_t, N> offsets{};
      for (int axis = 0; axis <= last; ++axis) {
        for (int k = 0; k < N; ++k) offsets[k] += index[axis] * strides[k][axis];
      }
      const std::int64_t n = std::min(shape[last] - index[last], end - position);
      row(offsets, n, position);
      position += n;
      index[last] = 0;
      for (int axis = last - 1; axis >= 0; --axis) {
        if (++index[axis] < shape[axis]) break;
        index[axis] = 0;
      }
    }
  }
};

}  // namespace gradus
