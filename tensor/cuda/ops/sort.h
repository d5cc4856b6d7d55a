#pragma once
// Sorted lines of tensors of a device, and what is made of them.
#include "tensor/sort.h"
#include "tensor/tensor.h"

namespace gradus::gpu {

/// The elements from..from + m of each row of x in order, and their positions. Values are left
/// undefined unless wanted. Shapes: x [..., n] without gaps  ->  [..., m].
ValuesAndIndices sorted_rows(const Tensor& x, bool descending, std::int64_t from, std::int64_t m,
                             bool with_values);

/// unique() of all elements; and of the sub-tensors along an axis, 0..rank, whose order takes a
/// sort for each of their elements, the last one first.
Unique unique(const Tensor& x);
Unique unique(const Tensor& x, int axis);

}  // namespace gradus::gpu
