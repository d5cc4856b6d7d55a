#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/matmul.cu.cc.
#include <cstdint>
#include <string_view>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// Two ways to multiply matrices; cuBLAS's is much faster than both.
///   kNaive   one thread for each element of c, which reads a row of a and a column of b,
///   kTiled   blocks of 32 x 32 threads share tiles of a and b: each is read 32 times less often.
/// Each element of c is one chain of fused multiply-adds in the order of k, as on the CPU: the same
/// bits.
enum class MatmulRung { kNaive, kTiled };
/// "naive", "tiled". Throws ConfigError: "[matmul] rung: 'x'; expected naive or tiled".
MatmulRung matmul_rung(std::string_view name);

/// c = a b. Shapes: a [m, k], b [k, n], c [m, n], without gaps.
template <class Device, class T>
void matmul(MatmulRung rung, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
            T* c, void* stream);

}  // namespace gradus::gpu
