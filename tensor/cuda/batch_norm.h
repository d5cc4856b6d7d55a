#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/batch_norm.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// mean[c], var[c] of each channel and y = (x - mean) / sqrt(var + eps) weight + bias, in double;
/// weight and bias may be null, for 1 and 0.
/// Shapes: x, y [images, channels, size] without gaps, weight, bias, mean, var [channels].
template <class Device, class T>
void batch_norm(std::int64_t images, std::int64_t channels, std::int64_t size, const T* x,
                const double* weight, const double* bias, double eps, T* y, double* mean,
                double* var, void* stream);

/// Its gradients, see tensor/batch_norm.h; dx may be null. Shapes: dy, x and dx as x above, the
/// others [channels].
template <class Device, class T>
void batch_norm_backward(std::int64_t images, std::int64_t channels, std::int64_t size, const T* dy,
                         const T* x, const double* mean, const double* var, const double* weight,
                         double eps, T* dx, double* dweight, double* dbias, void* stream);

}  // namespace gradus::gpu
