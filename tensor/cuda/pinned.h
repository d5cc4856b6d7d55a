#pragma once
// Tensors of the CPU in memory that a GPU reads by itself, so that copies run beside the program.
#include "tensor/tensor.h"

namespace gradus {

/// A copy of x, a tensor of the CPU, in pinned memory of the device. It can be used as any tensor
/// of the CPU. On the emulated device it is ordinary memory. Throws DeviceError.
Tensor pinned(const Tensor& x, Device device);
bool is_pinned(const Tensor& x);

/// x on the device, as x.to(device) gives it. From pinned memory without gaps the copy is on its
/// way when this returns: kernels launched later see it, and x's memory lives until it is there,
/// but nobody may change x before synchronize(device). Else it is x.to(device). Throws DeviceError.
Tensor to_later(const Tensor& x, Device device);

}  // namespace gradus
