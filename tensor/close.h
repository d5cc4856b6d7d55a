#pragma once
// Comparisons of whole tensors; those by element are rules (equal, isclose).
#include "tensor/elementwise/isclose.h"

namespace gradus {

/// Whether isclose(a, b) holds for all elements, broadcast; true without elements.
/// Throws ShapeError when a and b do not broadcast, ConfigError for negative tolerances.
bool allclose(const Tensor& a, const Tensor& b, const ops::Isclose& tolerance = {});

/// Whether a and b have the same shape and equal elements: NaN equals nothing, -0 equals 0, and
/// numbers of different dtypes are compared as such. In PyTorch it is torch.equal, in NumPy
/// array_equal; bitwise_equal compares bits.
bool array_equal(const Tensor& a, const Tensor& b);

}  // namespace gradus
