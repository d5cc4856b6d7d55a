#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/reduce.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

enum class Reduction : std::uint8_t { kPlus, kTimes, kLarger, kSmaller };

/// Elements of scratch memory that reduce_rows needs.
std::int64_t reduce_scratch(std::int64_t rows, std::int64_t n);

/// y[r] = all of x[r] combined in the order of the CPU's tree. Shapes: x [rows, n] without gaps,
/// n > 0, y [rows], scratch [reduce_scratch()]. T: float, double, std::int64_t.
template <class Device, class T>
void reduce_rows(Reduction how, std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch,
                 void* stream);

/// index[r] = the first position of the largest (or smallest) element of x[r], or of the first NaN;
/// value[r] = that element. Shapes as above.
template <class Device, class T>
void find_extremes(bool largest, std::int64_t rows, std::int64_t n, const T* x, T* value,
                   std::int64_t* index, void* stream);

}  // namespace gradus::gpu
