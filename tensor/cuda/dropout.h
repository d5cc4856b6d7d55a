#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/dropout.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y[i] = x[i] scale where the word of element i (DropoutMask in tensor/dropout.h) is at least
/// `smallest`, else 0: the bits of the CPU. T: the floating types, half ones computed in float.
template <class Device, class T>
void dropout(std::uint64_t seed, std::uint64_t first, std::uint32_t smallest, double scale,
             std::int64_t n, const T* x, T* y, void* stream);

}  // namespace gradus::gpu
