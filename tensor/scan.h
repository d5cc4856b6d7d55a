#pragma once
#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"

namespace gradus {

// Running results along one axis: y[i] combines x[0] ... x[i]. Shapes: x [...]  ->  y [...]. A 0-d
// tensor counts as a line of one element, axis 0 or -1. Lines are cut into pieces of 4096 elements,
// each scanned from its own start and then combined with what came before it: the result depends
// neither on threads nor on strides, and its error grows with 4096 + n / 4096, not with n. All but
// cummax and cummin compute float32 and half types in double and round each result once.
// All throw IndexError: "[cumsum] axis: 2; expected -2..1 for a tensor of shape [3, 4]".

/// y[i] = x[0] + ... + x[i]. Integers and bool give int64.
Tensor cumsum(const Tensor& x, int axis);

/// y[i] = x[0] * ... * x[i]. Integers and bool give int64, which wraps around.
Tensor cumprod(const Tensor& x, int axis);

/// y[i] = log(exp(x[0]) + ... + exp(x[i])), without overflow. Integers and bool give float32.
Tensor logcumsumexp(const Tensor& x, int axis);

/// Largest element so far and its position: the last of equal ones, and the last NaN once there is
/// one, as in PyTorch.
ValuesAndIndices cummax(const Tensor& x, int axis);

/// Smallest element so far and its position; otherwise as cummax.
ValuesAndIndices cummin(const Tensor& x, int axis);

/// Differences of neighbours, y[i] = x[i + 1] - x[i], n times over; bool: whether they differ.
/// Shapes: size s of the axis becomes max(0, s - n). uint8 wraps around, as in PyTorch.
/// What is given as prepend and append is joined to both ends of x before (for n > 0); it has the
/// sizes of x but for the axis, and dtypes are promoted.
/// Throws ConfigError: "[diff] n: -1; expected n >= 0",
/// ShapeError: "[diff] x: shape []; expected at least one axis",
///   "[diff] prepend: shape [2]; expected [3, 4] but for axis 1".
Tensor diff(const Tensor& x, std::int64_t n = 1, int axis = -1, const Tensor& prepend = {},
            const Tensor& append = {});

}  // namespace gradus
