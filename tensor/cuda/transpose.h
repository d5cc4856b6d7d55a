#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/transpose.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y = transpose of x. Shapes: x [rows, columns], y [columns, rows], without gaps. T is an unsigned
/// type of the size of the elements: std::uint8_t .. std::uint64_t.
template <class Device, class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* x, T* y, void* stream);

}  // namespace gradus::gpu
