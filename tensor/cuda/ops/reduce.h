#pragma once
// Reductions of tensors of a device.
#include "tensor/cuda/reduce.h"
#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"

namespace gradus::gpu {

/// The reduction over the axes of the mask into `shape`. x has elements and a dtype to compute in.
Tensor reduce(Reduction how, const Tensor& x, unsigned mask, const Shape& shape);

/// Extremes and their positions, counted along the axes of the mask in row-major order; likewise.
ValuesAndIndices find_extremes(bool largest, const Tensor& x, unsigned mask, const Shape& shape);

/// The axes of the mask moved behind the others, in order, and without gaps: rows to be reduced.
Tensor in_rows(const Tensor& x, unsigned mask);

}  // namespace gradus::gpu
