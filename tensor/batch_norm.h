#pragma once
#include "tensor/tensor.h"

namespace gradus {

// All sums are taken in double in an order that depends on the shapes alone; each element is
// computed in double and rounded once to the dtype of x.

/// What batch_norm gives: y like x, and of each channel the mean and the variance, float64 [C].
struct BatchNormResult {
  Tensor y, mean, var;
};

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps), where mean and var = sum (x - mean)^2
/// / n are those of the n elements of each channel.
/// Shapes: x [N, C, ...], weight and bias [C] or undefined for 1 and 0  ->  y [N, C, ...].
/// eps: >= 0. Without elements mean and var are NaN. Throws ConfigError (eps), DTypeError,
/// ShapeError:
///   "[batch_norm] x: shape [4]; expected [N, C, ...]"
///   "[batch_norm] weight: shape [2]; expected [3], one number per channel of x of shape [4, 3]"
/// Source: Ioffe, Szegedy, "Batch normalization" (2015), arXiv:1502.03167, algorithm 1.
BatchNormResult batch_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {},
                           double eps = 1e-5);

/// What its backward gives; only what was asked for is defined.
struct BatchNormGradients {
  Tensor x, weight, bias;
};
/// With dz = weight dy: dx = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps), dweight = sum dy z,
/// dbias = sum dy. The operands are those of batch_norm and its results; dy is like x.
BatchNormGradients batch_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                       const Tensor& var, const Tensor& weight, double eps,
                                       bool wants_x, bool wants_weight, bool wants_bias);

}  // namespace gradus
