#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// margin: how far apart those with target -1 should be.
struct HingeEmbeddingOptions {
  double margin = 1;
  Reduction reduction = Reduction::kMean;
};

/// l = input where target is 1, max(0, margin - input) where it is -1, reduced: input is a distance
/// of two things that are alike or not.
/// Shapes: input and target [...] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError,
/// ConfigError: "[hinge_embedding_loss] target: 0 at [1]; expected 1 or -1"
/// Source: torch.nn.functional.hinge_embedding_loss. Differs: PyTorch adds both for other targets.
Variable hinge_embedding_loss(Operand input, Operand target,
                              const HingeEmbeddingOptions& options = {});

struct HingeEmbeddingLoss : LossModule<HingeEmbeddingOptions, hinge_embedding_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
