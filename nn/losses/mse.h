#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// Mean squared error: l = w (input - target)^2 of each element, reduced. The weighted mean is
/// sum l / sum w.
/// Shapes: input and target [...] alike, options.weight [...] or one that broadcasts to it  ->  [],
/// unreduced [...].
/// Throws ShapeError, DTypeError:
///   "[mse_loss] input is [10, 1] and target is [10]; expected equal shapes; use reshape"
/// Source: torch.nn.functional.mse_loss. Differs: PyTorch broadcasts, with a warning; its weight
/// has the shape of input.
Variable mse_loss(Operand input, Operand target, const WeightedLossOptions& options = {});

struct MSELoss : LossModule<WeightedLossOptions, mse_loss> {
  using LossModule::LossModule;
};

/// What mse_loss and half_mse_loss share: l = factor (input - target)^2.
Variable squared_error(const char* loss, Operand input, Operand target, double factor,
                       const WeightedLossOptions& options);

}  // namespace gradus::nn
