#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/layer_norm.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps) of each row, in double. Shapes: x, y
/// [rows, n], weight and bias [n] (null: 1 and 0), all without gaps.
template <class Device, class T>
void layer_norm_rows(std::int64_t rows, std::int64_t n, const T* x, const double* weight,
                     const double* bias, double eps, T* y, void* stream);

/// dx of each row, and dy z, whose sum over the rows is the gradient of weight; either may be null.
/// Shapes: dy, x, dx, dy_z [rows, n], weight [n] or null.
template <class Device, class T>
void layer_norm_backward_rows(std::int64_t rows, std::int64_t n, const T* dy, const T* x,
                              const double* weight, double eps, T* dx, double* dy_z, void* stream);

}  // namespace gradus::gpu
