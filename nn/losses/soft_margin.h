#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// l = log(1 + e^(-target input)) in nats without overflow, reduced; target is 1 or -1.
/// Shapes: input and target [...] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError,
/// ConfigError: "[soft_margin_loss] target: 0 at [1]; expected 1 or -1"
/// Source: torch.nn.functional.soft_margin_loss. Differs: PyTorch takes other targets, and gives
/// inf from -target input = 710 on.
Variable soft_margin_loss(Operand input, Operand target, const LossOptions& options = {});

struct SoftMarginLoss : LossModule<LossOptions, soft_margin_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
