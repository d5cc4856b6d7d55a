#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/random.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

// y[i] is made from counter first + i, as on the CPU (tensor/random.h). T: float, double, Float16,
// BFloat16.

/// In [low, high), at most `top`: the bits of the CPU.
template <class Device, class T>
void uniform(std::uint64_t seed, std::uint64_t first, double low, double high, T top,
             std::int64_t n, T* y, void* stream);

/// By Box and Muller: the CPU's numbers up to the last bits of its log and cos.
template <class Device, class T>
void normal(std::uint64_t seed, std::uint64_t first, double mean, double std, std::int64_t n, T* y,
            void* stream);

/// 1 with probability p, else 0.
template <class Device>
void bernoulli(std::uint64_t seed, std::uint64_t first, double p, std::int64_t n, bool* y,
               void* stream);

}  // namespace gradus::gpu
