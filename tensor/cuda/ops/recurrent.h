#pragma once
// The functions of tensor/recurrent.h for tensors of a device: step by step a product of the BLAS
// and a kernel.
#include "tensor/recurrent.h"

namespace gradus::gpu {

RecurrentForward recurrent_forward(const Tensor& projected, const Tensor& h, const Tensor& c,
                                   const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh,
                                   const RecurrentSteps& steps, bool keep);
RecurrentBackward recurrent_backward(const Tensor& dy, const RecurrentForward& forward,
                                     const Tensor& h, const Tensor& c, const Tensor& w_hh,
                                     const RecurrentSteps& steps);

}  // namespace gradus::gpu
