#pragma once
#include "tensor/tensor.h"

namespace gradus {

// Reductions over some axes (none given: all). Shapes: x [d0, d1, ...]  ->  x without the named
// axes, or with size 1 there when keepdim. Sums combine in a fixed tree over blocks of 1024
// elements, each of 16 interleaved partial sums: the result depends neither on the number of
// threads nor on the strides, and its error grows with log n.
// All throw IndexError for a bad axis, ConfigError for one that is named twice.

/// Sum; of no elements 0. bool and int64 give int64.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Arithmetic mean; of no elements NaN. bool and int64 give float32.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Largest element; NaN if there is one. Throws ShapeError for no elements:
///   "[max] x: shape [0, 3] has no elements along the reduced axes; expected at least one"
Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Smallest element; otherwise as max.
Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// Sums x over the axes that `shape` lacks or has size 1 in: the transpose of expand.
/// Throws ShapeError unless `shape` broadcasts to the shape of x.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace gradus
