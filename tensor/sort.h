#pragma once
#include <cstdint>

#include "tensor/tensor.h"
#include "tensor/values_and_indices.h"

namespace gradus {

// Ordering. NaN counts as larger than every number, as in PyTorch, and -0 equals 0. Equal elements
// always keep their order (every sort is stable), also where the order is descending, so that
// there is one right result. A 0-d tensor counts as a line of one element, axis 0 or -1. Along an
// axis at most 2^32 - 1 elements. All throw IndexError for a bad axis:
//   "[sort] axis: 2; expected -2..1 for a tensor of shape [3, 4]"

/// The elements of each line in order, and the positions they had. A radix sort of the bits, with
/// time proportional to the number of elements.
ValuesAndIndices sort(const Tensor& x, int axis = -1, bool descending = false);

/// The positions that sort would give.
Tensor argsort(const Tensor& x, int axis = -1, bool descending = false);

/// The k largest (or smallest) elements of each line, the best first, and their positions.
/// Throws ConfigError: "[topk] k: 5; expected 0..4 for axis 1 of shape [3, 4]".
/// Differs: PyTorch's `sorted` is missing, since the result always is.
ValuesAndIndices topk(const Tensor& x, std::int64_t k, int axis = -1, bool largest = true);

/// The k-th smallest element of each line, k from 1, and its position.
/// Throws ConfigError: "[kthvalue] k: 5; expected 1..4 for axis 1 of shape [3, 4]".
ValuesAndIndices kthvalue(const Tensor& x, std::int64_t k, int axis = -1, bool keepdim = false);

/// What unique finds.
struct Unique {
  Tensor values;   ///< [m] each value once, in order; every NaN counts as a value of its own
  Tensor inverse;  ///< int64, shape of x: values[inverse[i]] is x[i]
  Tensor counts;   ///< int64 [m]: how often each one occurs
};
/// The different elements of x, all axes together.
Unique unique(const Tensor& x);
/// The different sub-tensors at the positions of an axis, such as rows for axis 0, in the order of
/// their first elements that differ. Shapes: x [..., n, ...]  ->  values [..., m, ...], inverse
/// [n], counts [m]. Sub-tensors with a NaN equal no other. Throws IndexError:
///   "[unique] axis: 2; expected -2..1 for a tensor of shape [3, 4]".
/// Differs: n sub-tensors of no elements are equal, as in NumPy; PyTorch throws, and does not put
/// those with a NaN in order.
Unique unique(const Tensor& x, int axis);

/// Where `values` would go to keep `sorted` in order: the number of elements of sorted that are
/// less (with `right`: less or equal). int64, shape of values. NaN comes last, as in sort.
/// Shapes: sorted [n], values [...]; or sorted [..., n], values [..., m] with the same leading
/// axes. `sorted` is not checked for order. dtypes may differ and are promoted. Throws ShapeError:
/// "[searchsorted] sorted: shape [2, 3]; expected [n], or the leading axes of values [4, 5]".
/// Differs: in PyTorch a NaN in `sorted` hides what is before it.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right = false);

/// The bin of each element: searchsorted with the arguments the other way round, as in PyTorch.
/// boundaries [n]. Throws ShapeError.
Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool right = false);

}  // namespace gradus
