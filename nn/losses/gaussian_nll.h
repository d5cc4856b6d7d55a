#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// full: adds the constant log(2 pi) / 2. eps: the smallest variance that counts, > 0.
struct GaussianNLLOptions {
  bool full = false;
  double eps = 1e-6;
  Reduction reduction = Reduction::kMean;
};

/// Negative log likelihood of target in normal distributions: l = (log v + (input - target)^2 / v)
/// / 2 with v = max(var, eps), reduced; the gradient of var is that of v, below eps too.
/// Shapes: input and target [...] alike; var like them, or with size 1 in one axis, or without the
/// last  ->  [], unreduced [...]. var >= 0. Throws ShapeError, DTypeError, ConfigError:
///   "[gaussian_nll_loss] var: -1 at [2]; expected numbers >= 0"
/// Source: Nix & Weigend 1994; torch.nn.functional.gaussian_nll_loss.
Variable gaussian_nll_loss(Operand input, Operand target, Operand var,
                           const GaussianNLLOptions& options = {});

struct GaussianNLLLoss : LossModule<GaussianNLLOptions, gaussian_nll_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
