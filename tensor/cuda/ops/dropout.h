#pragma once
// Dropout of tensors of a device.
#include <cstdint>

#include "tensor/dropout.h"

namespace gradus::gpu {

/// y = x / (1 - p) where the word of the mask is at least `smallest`, else 0. x and y without gaps.
void dropout(const DropoutMask& mask, std::uint32_t smallest, const Tensor& x, const Tensor& y);

}  // namespace gradus::gpu
