#pragma once
#include "tensor/tensor.h"

namespace gradus {

// The mean, the variance and all sums are taken in double in an order that depends on the shapes
// alone; each element is computed in double and rounded once to the dtype of x.

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps), where mean and var = sum (x - mean)^2
/// / n are those of the n elements along the named axes (none named: all).
/// Shapes: x [..., D...], weight and bias the sizes of the named axes in their order in x, or
/// undefined for 1 and 0  ->  y like x. eps: >= 0. Throws IndexError, ConfigError (axes, eps),
/// DTypeError, ShapeError:
///   "[layer_norm] weight: shape [2]; expected [3], axes [-1] of x of shape [2, 3]"
/// Source: Ba, Kiros, Hinton, "Layer normalization" (2016), arXiv:1607.06450, eq. 4.
/// Differs: PyTorch takes the sizes of the last axes instead of any axes.
Tensor layer_norm(const Tensor& x, const Axes& axes, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// What a backward of layer_norm gives; only what was asked for is defined.
struct LayerNormGradients {
  Tensor x, weight, bias;
};
/// In one pass over the lines, with dz = weight dy:
/// dx = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps), dweight = sum dy z, dbias = sum dy.
/// The operands are those that layer_norm took; dy is like x.
LayerNormGradients layer_norm_backward(const Tensor& dy, const Tensor& x, const Axes& axes,
                                       const Tensor& weight, double eps, bool wants_x,
                                       bool wants_weight, bool wants_bias);

}  // namespace gradus
