#pragma once
// Convolutions of tensors of a device: windows as columns of a matrix, a piece of the images at a
// time, and products of the BLAS. Operands as in tensor/cpu/conv.h.
#include "tensor/cpu/conv.h"

namespace gradus::gpu {

void convolve(const cpu::Convolution& conv, const Tensor& x, const Tensor& w, const Tensor& bias,
              const Tensor& y);
void convolve_transposed(const cpu::Convolution& conv, const Tensor& y, const Tensor& w,
                         const Tensor& bias, const Tensor& x);
/// Sums over windows are taken in float in pieces of kChain of them, which are then added in the
/// tree of sum().
void convolve_weight(const cpu::Convolution& conv, const Tensor& x, const Tensor& y,
                     const Tensor& w);

}  // namespace gradus::gpu
