#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// beta: where the parabola ends, >= 0; with 0 it is l1_loss.
struct SmoothL1LossOptions {
  double beta = 1;
  Reduction reduction = Reduction::kMean;
};

/// l = d^2 / (2 beta) for |d| < beta, else |d| - beta / 2, with d = input - target, reduced.
/// Shapes: input, target [...] alike  ->  [], unreduced [...]. Throws ShapeError and DTypeError as
/// mse_loss, ConfigError: "[smooth_l1_loss] beta: -1; expected a number >= 0"
/// Source: Girshick 2015, arXiv:1504.08083, equation 3; torch.nn.functional.smooth_l1_loss.
Variable smooth_l1_loss(Operand input, Operand target, const SmoothL1LossOptions& options = {});

struct SmoothL1Loss : LossModule<SmoothL1LossOptions, smooth_l1_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
