#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// margin: by how much farther away the negative should be. p: of the norm. eps: added to each
/// difference. swap: takes the distance of positive and negative where it is smaller.
struct TripletMarginOptions {
  double margin = 1, p = 2, eps = 1e-6;
  bool swap = false;
  Reduction reduction = Reduction::kMean;
};

/// l = max(0, d(anchor, positive) - d(anchor, negative) + margin), reduced, with d(a, b) =
/// |a - b + eps|_p along the last axis.
/// Shapes: all three [..., D] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError,
/// ConfigError: "[triplet_margin_loss] margin: 0; expected a number > 0"
/// Source: Balntas et al. 2016, "Learning local feature descriptors with triplets"; torch.nn.
/// functional.triplet_margin_loss.
Variable triplet_margin_loss(Operand anchor, Operand positive, Operand negative,
                             const TripletMarginOptions& options = {});

struct TripletMarginLoss : LossModule<TripletMarginOptions, triplet_margin_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
