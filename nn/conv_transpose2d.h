#pragma once
#include "nn/conv.h"

namespace gradus::nn {

/// The transpose of Conv2d, as ConvTranspose1d that of Conv1d.
/// Shapes: x [N, C, H, W] or [C, H, W], W [C, O / groups, KH, KW], b [O]  ->  y [N, O, TH, TW].
/// Init: U(-k, k) with k = 1 / sqrt(O / groups KH KW), the default of torch.nn.ConvTranspose2d.
/// Throws as Conv2d; what conv_transpose2d throws for output_padding.
struct ConvTranspose2d : ConvTranspose {
  ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const PerAxis& kernel_size,
                  Generator& rng, const ConvTransposeLayerOptions& options = {})
      : ConvTranspose(2, in_channels, out_channels, kernel_size, rng, options) {}
};

}  // namespace gradus::nn
