#pragma once
// Softmax and layer normalization of tensors of a device: rows of n elements without gaps, in
// float32 or float64.
#include "tensor/tensor.h"

namespace gradus::gpu {

/// y = softmax of rows, or its logarithm; y may be x.
void softmax(bool log, const Tensor& x, const Tensor& y, std::int64_t n);
void softmax_backward(const Tensor& y, const Tensor& dy, const Tensor& dx, std::int64_t n);

/// weight and bias: float64 [n], or undefined for 1 and 0.
void layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
                const Tensor& y, std::int64_t n);
/// dx like x, dy_z float64 [rows, n]; what is undefined is not computed.
void layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& weight, double eps,
                         const Tensor& dx, const Tensor& dy_z, std::int64_t n);

}  // namespace gradus::gpu
