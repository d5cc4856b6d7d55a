#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// Mean absolute error: l = w |input - target| of each element, reduced; the gradient at 0 is 0.
/// The weighted mean is sum l / sum w. Shapes and errors as mse_loss.
/// Source: torch.nn.functional.l1_loss. Differs: PyTorch broadcasts, with a warning.
Variable l1_loss(Operand input, Operand target, const WeightedLossOptions& options = {});

struct L1Loss : LossModule<WeightedLossOptions, l1_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
