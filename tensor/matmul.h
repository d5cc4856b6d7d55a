#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// Matrix product.
/// Shapes: a [n, k], b [k, m]  ->  [n, m]; a [k] counts as a row, b [k] as a column, and that axis
/// is left out of the result, as in PyTorch.
/// Throws ShapeError: "[matmul] a is [32, 100] and b is [784, 10]: inner sizes 100 and 784 differ
/// (did you mean transpose(b)?)", DTypeError for operands that are not floating.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace gradus
