#pragma once
// Searches and counts of tensors of a device.
#include "tensor/tensor.h"

namespace gradus::gpu {

/// As searchsorted(), of the checked operands in one dtype to compute in.
Tensor searchsorted(const Tensor& sorted, const Tensor& values, bool right);

/// The bin of each element of x, in a dtype to compute in, between edges float64 [bins + 1]; -1
/// outside of all. int64 [n].
Tensor bins_of(const Tensor& x, const Tensor& edges);

/// How many of `bin`, int64 [n], are each of 0..bins; or the sums of their weights, float64 [n],
/// added in `parts` as on the CPU. int64 or float64 [bins].
Tensor binned(const Tensor& bin, std::int64_t bins, const Tensor& weights, std::int64_t parts);

}  // namespace gradus::gpu
