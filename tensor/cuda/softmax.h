#pragma once
// Launcher; defined for both devices of tensor/cuda/device_kinds.h by kernels/softmax.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y[r][i] = exp(x[r][i] - max_r) / sum_r. Shapes: x, y [rows, n], without gaps; y may be x.
template <class Device, class T>
void softmax_rows(std::int64_t rows, std::int64_t n, const T* x, T* y, void* stream);

}  // namespace gradus::gpu
