#pragma once
#include "nn/conv.h"

namespace gradus::nn {

/// Convolution along height and width, as Conv1d along one axis.
/// `Conv2d(1, 6, 5, rng, {.padding = 2})`, `Conv2d(1, 6, {5, 3}, rng)`.
/// Shapes: x [N, C, H, W] or [C, H, W], W [O, C / groups, KH, KW], b [O]  ->  y [N, O, TH, TW] or
/// [O, TH, TW]. Init: U(-k, k) with k = 1 / sqrt(C / groups KH KW), the default of torch.nn.Conv2d.
/// Throws ConfigError:
///   "[Conv2d] in_channels: 0; expected >= 1"
///   "[Conv2d] groups: 2; expected a divisor of in_channels 3 and of out_channels 4"
///   "[Conv2d] stride: 0; expected numbers from 1 on"
///   "[Conv2d] padding: same with stride (2, 2); expected stride 1"
/// ShapeError:
///   "[Conv2d] x is [1, 28, 28]; expected [N, 3, H, W] or [3, H, W]"
/// and what conv2d throws, such as for a window that is larger than x.
struct Conv2d : Conv {
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, const PerAxis& kernel_size,
         Generator& rng, const ConvLayerOptions& options = {})
      : Conv(2, in_channels, out_channels, kernel_size, rng, options) {}
};

}  // namespace gradus::nn
