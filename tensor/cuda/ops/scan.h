#pragma once
// Running sums, products and extremes of tensors of a device.
#include "tensor/cuda/scan.h"
#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"

namespace gradus::gpu {

/// Along an axis of x, or over the one element of a 0-d x. x has a dtype to compute in.
Tensor scan(Running how, const Tensor& x, int axis);
ValuesAndIndices scan_extremes(bool largest, const Tensor& x, int axis);

/// Along the last axis of a and b, float32 or float64, which have elements and no gaps.
Tensor recurrence(const Tensor& a, const Tensor& b);

}  // namespace gradus::gpu
