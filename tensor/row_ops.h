#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// Adds row i of x into row index[i] of a tensor of zeros, in the order of i.
/// Shapes: x [n, ...], index int64 [n]  ->  y [rows, ...]. The transpose of index_select.
/// Throws IndexError, ShapeError, DTypeError.
Tensor index_add_rows(const Tensor& x, const Tensor& index, std::int64_t rows);

}  // namespace gradus
