#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// margin: by how much the one ranked higher should be larger.
struct MarginRankingOptions {
  double margin = 0;
  Reduction reduction = Reduction::kMean;
};

/// l = max(0, margin - target (input1 - input2)), reduced: target is 1 where input1 should be the
/// larger one, else -1.
/// Shapes: all three [...] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError,
/// ConfigError: "[margin_ranking_loss] target: 0 at [1]; expected 1 or -1"
/// Source: torch.nn.functional.margin_ranking_loss. Differs: PyTorch takes other targets.
Variable margin_ranking_loss(Operand input1, Operand input2, Operand target,
                             const MarginRankingOptions& options = {});

struct MarginRankingLoss : LossModule<MarginRankingOptions, margin_ranking_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
