#pragma once
// Matrix products of tensors of a device.
#include "tensor/tensor.h"

namespace gradus::gpu {

/// y = a b for each matrix of a batch. Shapes: a [..., n, k], b [..., k, m], whose first axes
/// broadcast to `batch`; y [batch..., n, m] without gaps. All sizes are positive; the dtype is one
/// to compute in. Whole numbers are multiplied by the tiled kernel, floating ones by the BLAS.
void multiply_batch(const Tensor& a, const Tensor& b, const Shape& batch, const Tensor& y);

}  // namespace gradus::gpu
