#pragma once
#include "nn/conv.h"

namespace gradus::nn {

/// Convolution along one axis, y[n, o, t] = b[o] + sum over c, i of W[o, c, i] x[n, c, t stride -
/// padding + i dilation], where c runs over the channels of the group of o.
/// Shapes: x [N, C, L] or [C, L], W [O, C / groups, K], b [O]  ->  y [N, O, T] or [O, T] with
///   T = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1.
/// Init: W and b from U(-k, k) with k = 1 / sqrt(C / groups K), the default of torch.nn.Conv1d.
/// Throws ConfigError for options outside their ranges, ShapeError:
///   "[Conv1d] x is [2, 3, 8]; expected [N, 4, L] or [4, L]"
/// and what conv1d throws, such as for a window that is larger than x.
struct Conv1d : Conv {
  Conv1d(std::int64_t in_channels, std::int64_t out_channels, const PerAxis& kernel_size,
         Generator& rng, const ConvLayerOptions& options = {})
      : Conv(1, in_channels, out_channels, kernel_size, rng, options) {}
};

}  // namespace gradus::nn
