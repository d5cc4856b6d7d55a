#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/softmax.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y[r][i] = exp(x[r][i] - max_r) / sum_r, or with `log` x[r][i] - max_r - log sum_r, with sums in
/// double. Shapes: x, y [rows, n], without gaps; y may be x.
template <class Device, class T>
void softmax_rows(bool log, std::int64_t rows, std::int64_t n, const T* x, T* y, void* stream);

/// dx[r][i] = y[r][i] (dy[r][i] - sum_j dy[r][j] y[r][j]) of y = softmax(x). Shapes: all [rows, n],
/// without gaps; dx may be dy.
template <class Device, class T>
void softmax_backward_rows(std::int64_t rows, std::int64_t n, const T* y, const T* dy, T* dx,
                           void* stream);

}  // namespace gradus::gpu
