#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// p: 1 or 2, the power of each hinge. margin: by how much the target's score should be the
/// largest. weight: of each class [C], a constant; undefined for 1.
struct MultiMarginOptions {
  int p = 1;
  double margin = 1;
  Tensor weight = {};
  Reduction reduction = Reduction::kMean;
};

/// The hinge loss of several classes: l = w_y / C sum over classes j other than y = target of
/// max(0, margin - input_y + input_j)^p, reduced; the slope at the kink is 0.
/// Shapes: input [N, C], target whole numbers [N]; or [C] and []  ->  [], unreduced like target.
/// Throws ShapeError, DTypeError, IndexError, ConfigError:
///   "[multi_margin_loss] p: 3; expected 1 or 2"
/// Source: Crammer & Singer 2001, JMLR 2; torch.nn.functional.multi_margin_loss.
Variable multi_margin_loss(Operand input, Operand target, const MultiMarginOptions& options = {});

struct MultiMarginLoss : LossModule<MultiMarginOptions, multi_margin_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
