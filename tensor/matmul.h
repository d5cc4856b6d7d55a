#pragma once
#include "tensor/tensor.h"

namespace gradus {

/// Matrix product, y[i, j] = sum_p a[i, p] b[p, j], for each pair of matrices of a batch.
/// Shapes: a [..., n, k], b [..., k, m]  ->  y [..., n, m], where the leading axes are broadcast;
/// a [k] is a row and b [k] a column, whose axis the result lacks. dtypes are promoted; whole
/// numbers wrap around, half types are summed in float32 and rounded once.
/// Throws ShapeError:
///   "[matmul] a is [32, 100] and b is [784, 10]: inner sizes 100 and 784 differ"
/// (with "(did you mean transpose(b)?)" where that would fit), DTypeError for bool and for whole
/// with floating numbers.
Tensor matmul(const Tensor& a, const Tensor& b);

}  // namespace gradus
