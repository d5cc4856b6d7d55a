#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// log_input: whether input is the logarithm of the rate; else the rate itself, to which eps is
/// added in the logarithm. full: adds Stirling's approximation of log target! where target > 1.
struct PoissonNLLOptions {
  bool log_input = true, full = false;
  double eps = 1e-8;
  Reduction reduction = Reduction::kMean;
};

/// Negative log likelihood of counts t = target in a Poisson distribution: l = e^x - t x with x =
/// input, or l = x - t log(x + eps); full adds t log t - t + log(2 pi t) / 2 where t > 1. Reduced.
/// Shapes: input and target [...] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError.
/// Source: torch.nn.functional.poisson_nll_loss.
Variable poisson_nll_loss(Operand input, Operand target, const PoissonNLLOptions& options = {});

struct PoissonNLLLoss : LossModule<PoissonNLLOptions, poisson_nll_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
