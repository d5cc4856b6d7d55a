#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/sum.cu.cc.
#include <cstdint>
#include <string_view>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// Three ways to add the elements of a row, from the plain to the fast:
///   kNaive    one thread for each row, one element after another,
///   kShared   64 threads, whose partial sums are combined by halves in shared memory,
///   kShuffle  the same, where the last 32 are combined in registers by __shfl_down_sync.
/// kShared and kShuffle add in the order of the CPU's tree (tensor/cpu/reduce.h): the same bits.
enum class SumRung { kNaive, kShared, kShuffle };
/// "naive", "shared", "shuffle". Throws ConfigError: "[sum] rung: 'x'; expected naive, shared or
/// shuffle".
SumRung sum_rung(std::string_view name);

/// Elements of scratch memory that sum_rows needs.
std::int64_t sum_scratch(SumRung rung, std::int64_t rows, std::int64_t n);

/// y[r] = sum of x[r][i] over i; 0 where n is 0. Shapes: x [rows, n] without gaps, y [rows],
/// scratch [sum_scratch()].
template <class Device, class T>
void sum_rows(SumRung rung, std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch,
              void* stream);

}  // namespace gradus::gpu
