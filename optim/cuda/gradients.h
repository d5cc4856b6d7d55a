#pragma once
// Launchers beside the rules; defined for both devices of tensor/cuda/device_kinds.h by
// kernels/gradients.cu.cc. Addresses are those of contiguous elements on the device.
#include <cstdint>

#include "optim/gradient_use.h"
#include "optim/low_precision.h"
#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// The terms of a piece that are added side by side, on every device.
inline constexpr int kSquareLanes = 8;

/// out = g of `dtype` as the rule sees it; out is float, or double for float64.
template <class Device>
void prepare_gradient(DType dtype, std::int64_t n, const void* g, const optim::GradientUse& use,
                      void* out, void* stream);

/// pieces[p] = the sum of the squares of elements p kPieceSize ..., in the order of the CPU.
template <class Device>
void sum_squares(DType dtype, std::int64_t n, const void* g, bool zero, double* pieces,
                 void* stream);

/// load_half() and store_half() of optim/low_precision.h.
template <class Device>
void load_halves(DType dtype, optim::LowPrecision way, std::int64_t n, const void* theta,
                 const void* low, float* x, void* stream);
template <class Device>
void store_halves(DType dtype, optim::LowPrecision way, std::int64_t n, const float* x,
                  const optim::RoundingStream& random, void* theta, void* low, void* stream);

}  // namespace gradus::gpu
