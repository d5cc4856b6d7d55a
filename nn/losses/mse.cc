#include "nn/losses/mse.h"

#include "autograd/ops/mean_squared_error.h"

namespace gradus::nn {

Variable squared_error(const char* name, Operand input, Operand target, double factor,
                       const WeightedLossOptions& options) {
  const LossStep loss(name, {{"input", input}, {"target", target}});
  if (options.reduction == Reduction::kMean && !options.weight.defined()) {
    return loss.in_result_dtype(mean_squared_error(input, target, factor));
  }
  Variable losses = square(input - target);
  if (factor != 1) losses = losses * factor;
  return loss.reduce(losses, options);
}

Variable mse_loss(Operand input, Operand target, const WeightedLossOptions& options) {
  return squared_error("mse_loss", std::move(input), std::move(target), 1, options);
}

}  // namespace gradus::nn
