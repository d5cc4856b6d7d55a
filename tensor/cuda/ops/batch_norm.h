#pragma once
// Batch normalization of tensors of a device; operands are checked. weight and bias may be
// undefined.
#include "tensor/batch_norm.h"

namespace gradus::gpu {

BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps);
BatchNormGradients batch_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                       const Tensor& var, const Tensor& weight, double eps,
                                       bool wants_x, bool wants_weight, bool wants_bias);

}  // namespace gradus::gpu
