#pragma once
#include "nn/batch_norm.h"

namespace gradus::nn {

/// Normalizes each channel of each image by itself, y = weight (x - mean) / sqrt(var + eps) + bias.
/// With track_running_stats the means of the statistics over the batch are followed as BatchNorm1d
/// does, and used in eval mode; without a momentum they stay, and num_batches_tracked does not
/// count. As in PyTorch nothing is learned or tracked unless asked for.
/// Shapes: x [N, C, L] or [C, L]  ->  y like x. Throws ConfigError, ShapeError:
///   "[InstanceNorm1d] x is [2, 3, 1]: 1 value per channel in training; expected more than 1"
/// Source: Ulyanov, Vedaldi, Lempitsky, "Instance normalization" (2016), arXiv:1607.08022.
/// Differs: another number of channels is refused also where nothing is learned.
struct InstanceNorm1d : InstanceNorm {
  explicit InstanceNorm1d(std::int64_t num_features,
                          const BatchNormOptions& options = {.affine = false,
                                                             .track_running_stats = false})
      : InstanceNorm("InstanceNorm1d", 1, num_features, options) {}
};

}  // namespace gradus::nn
