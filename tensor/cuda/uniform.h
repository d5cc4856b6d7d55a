#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/uniform.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y[i] = the uniform number of counter first + i in [low, high), at most `top`: what uniform() of
/// tensor/random.h gives on the CPU, bit by bit.
template <class Device, class T>
void uniform(std::uint64_t seed, std::uint64_t first, double low, double high, T top,
             std::int64_t n, T* y, void* stream);

}  // namespace gradus::gpu
