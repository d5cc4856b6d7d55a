#pragma once
// A running mean of squares kept as its means over rows and over columns: the state of a matrix
// [n, m] is n + m numbers. What Adafactor and CAME have in common.
#include <algorithm>
#include <cmath>
#include <optional>

#include "optim/gradient_use.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/lerp.h"
#include "tensor/elementwise/maximum.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"
#include "tensor/tensor.h"

namespace gradus::optim {

/// Whether a shape is factored, over its last two axes.
inline bool is_factored(const Shape& shape) { return shape.rank() >= 2; }

/// The shape with axis -1 (rows) or -2 (columns) of size 1, nothing if it is not factored.
inline std::optional<Shape> factor_shape(const Shape& shape, int axis) {
  if (!is_factored(shape)) return std::nullopt;
  Shape kept = shape;
  kept[shape.rank() + axis] = 1;
  return kept;
}

/// mean = beta mean + (1 - beta) x, in place.
inline void average_into(const Tensor& mean, const Tensor& x, double beta) {
  mean.copy_from(mean * beta + x * (1 - beta));
}

/// Moves the factors of a mean of squares.
inline void average_factors(const Tensor& row, const Tensor& column, const Tensor& squares,
                            double beta) {
  average_into(row, mean(squares, -1, true), beta);
  average_into(column, mean(squares, -2, true), beta);
}

/// 1 / sqrt(V) for V = row column / mean(row), the product of rank 1 with the same means.
inline Tensor factored_rsqrt(const Tensor& row, const Tensor& column) {
  return rsqrt(row / mean(row, -2, true)) * rsqrt(column);
}

/// sqrt(mean of x^2).
inline double root_mean_square(const Tensor& x) {
  return std::sqrt(sum_of_squares(x) / static_cast<double>(x.numel()));
}

/// u, made smaller if its root mean square is above the limit.
inline Tensor limited(const Tensor& u, double limit) {
  return u * (1 / std::max(1.0, root_mean_square(u) / limit));
}

}  // namespace gradus::optim
