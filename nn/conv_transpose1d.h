#pragma once
#include "nn/conv.h"

namespace gradus::nn {

/// The transpose of Conv1d: y[n, o, t stride - padding + i dilation] is the sum over c, t, i of
/// W[c, o, i] x[n, c, t], plus b[o].
/// Shapes: x [N, C, L] or [C, L], W [C, O / groups, K], b [O]  ->  y [N, O, T] or [O, T] with
///   T = (L - 1) stride - 2 padding + dilation (K - 1) + 1 + output_padding.
/// Init: W and b from U(-k, k) with k = 1 / sqrt(O / groups K), the default of
/// torch.nn.ConvTranspose1d. Throws as Conv1d; what conv_transpose1d throws for output_padding.
/// Differs: no output_size in forward; padding with zeros alone, as PyTorch has it.
struct ConvTranspose1d : ConvTranspose {
  ConvTranspose1d(std::int64_t in_channels, std::int64_t out_channels, const PerAxis& kernel_size,
                  Generator& rng, const ConvTransposeLayerOptions& options = {})
      : ConvTranspose(1, in_channels, out_channels, kernel_size, rng, options) {}
};

}  // namespace gradus::nn
