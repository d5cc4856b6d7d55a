#pragma once
#include "nn/batch_norm.h"

namespace gradus::nn {

/// Normalizes each channel over the batch, y = weight (x - mean) / sqrt(var + eps) + bias. In
/// training mean and var (biased) are those of the batch, and the running ones follow them:
///   running = (1 - momentum) running + momentum batch     (the variance unbiased, n / (n - 1))
/// In eval mode the running ones are used, unless track_running_stats is off.
/// Shapes: x [N, C] or [N, C, L]  ->  y like x. Init: weight and running_var 1, the others 0.
/// An empty batch gives an empty y and leaves the running statistics alone. In eval mode these are
/// read by backward: training between forward and backward is an AutogradError.
/// Throws ConfigError: "[BatchNorm1d] momentum: 2; expected a number in 0..1, or none", ShapeError:
///   "[BatchNorm1d] x is [4, 2]; expected [N, 3] or [N, 3, L]"
///   "[BatchNorm1d] x is [1, 3]: 1 value per channel in training; expected more than 1"
/// Source: Ioffe, Szegedy, "Batch normalization" (2015), arXiv:1502.03167.
/// Differs: the paper averages over batches for eval mode; the running mean is PyTorch's.
struct BatchNorm1d : BatchNorm {
  explicit BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNorm("BatchNorm1d", 1, num_features, options) {}
};

}  // namespace gradus::nn
