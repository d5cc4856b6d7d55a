// huber_loss and smooth_l1_loss, which is the former divided by its threshold.
#include "nn/losses/huber.h"

#include "nn/losses/smooth_l1.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/huber.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable huber_loss(Operand input, Operand target, const HuberLossOptions& options) {
  const LossStep loss("huber_loss", {{"input", input}, {"target", target}});
  if (!(options.delta > 0)) {
    throw ConfigError("[huber_loss] delta: " + to_text(options.delta) + "; expected a number > 0");
  }
  Variable losses = huber(input - target, {.delta = options.delta});
  if (options.weight.defined()) {
    losses = losses * loss.weight("weight", options.weight, losses.shape());
  }
  return loss.reduce(losses, options.reduction);
}

Variable smooth_l1_loss(Operand input, Operand target, const SmoothL1LossOptions& options) {
  const LossStep loss("smooth_l1_loss", {{"input", input}, {"target", target}});
  if (!(options.beta >= 0)) {
    throw ConfigError("[smooth_l1_loss] beta: " + to_text(options.beta) +
                      "; expected a number >= 0");
  }
  const Variable apart = input - target;
  const Variable losses =
      options.beta == 0 ? abs(apart) : huber(apart, {.delta = options.beta}) / options.beta;
  return loss.reduce(losses, options.reduction);
}

}  // namespace gradus::nn
