#pragma once
#include <string_view>

#include "tensor/tensor.h"

namespace gradus::nn {

/// Throws ShapeError unless x is [N, C, L] or [C, L] for one axis, [N, C, H, W] or [C, H, W] for
/// two, with this number of channels:
///   "[Conv2d] x is [1, 28, 28]; expected [N, 3, H, W] or [3, H, W]"
void check_image(std::string_view layer, const Tensor& x, int axes, std::int64_t channels);

}  // namespace gradus::nn
