#pragma once
// The functions of tensor/pool_windows.h for tensors of a device.
#include "tensor/pool_windows.h"

namespace gradus::gpu {

Tensor average_windows(const Tensor& x, const PoolWindows& windows);
Tensor spread_windows(const Tensor& dy, const PoolWindows& windows);
ValuesAndIndices largest_in_windows(const Tensor& x, const PoolWindows& windows);
Tensor pick_from_channels(const Tensor& x, const Tensor& indices, int axes);
/// windows: null, or those in which the indices were found, which is faster.
Tensor place_in_channels(const Tensor& dy, const Tensor& indices, int axes, const Shape& shape,
                         const PoolWindows* windows);

}  // namespace gradus::gpu
