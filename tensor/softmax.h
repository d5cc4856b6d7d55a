#pragma once
#include "tensor/tensor.h"

namespace gradus {

// Probabilities along one axis. Shapes: x [...]  ->  y [...]. A 0-d tensor counts as a line of one
// element, axis 0 or -1. Integers and bool give float32, half types are computed in float32 and
// rounded once. Sums are taken in double, in pieces of a fixed size: the result depends neither
// on threads nor on strides. A line with NaN or inf, or of -inf alone, gives NaN.
// Throws IndexError: "[softmax] axis: 2; expected -2..1 for a tensor of shape [3, 4]".

/// y[i] = exp(x[i] - m) / sum_j exp(x[j] - m) with the largest element m, so that nothing
/// overflows.
Tensor softmax(const Tensor& x, int axis);

/// y[i] = x[i] - m - log sum_j exp(x[j] - m): the logarithm of softmax, also where that is 0.
Tensor log_softmax(const Tensor& x, int axis);

/// dx = y (dy - sum_j dy[j] y[j]) of y = softmax(x) along the same axis, in one pass over the
/// lines. Shapes: dy like y  ->  dx like y, with its dtype.
Tensor softmax_backward(const Tensor& y, const Tensor& dy, int axis);

}  // namespace gradus
