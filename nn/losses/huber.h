#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// delta: where the parabola ends, > 0. weight: of each element, a constant; undefined for 1.
struct HuberLossOptions {
  double delta = 1;
  Tensor weight = {};
  Reduction reduction = Reduction::kMean;
};

/// l = w d^2 / 2 for |d| <= delta, else w delta (|d| - delta / 2), with d = input - target,
/// reduced; the mean is that of the weighted losses.
/// Shapes: input, target [...] alike, weight broadcasts to it  ->  [], unreduced [...]. Throws
/// ShapeError and DTypeError as mse_loss, ConfigError:
///   "[huber_loss] delta: 0; expected a number > 0"
/// Source: Huber 1964, "Robust estimation of a location parameter"; torch.nn.functional.huber_loss.
Variable huber_loss(Operand input, Operand target, const HuberLossOptions& options = {});

struct HuberLoss : LossModule<HuberLossOptions, huber_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
