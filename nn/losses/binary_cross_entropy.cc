#include "nn/losses/binary_cross_entropy.h"

#include "tensor/elementwise/add.h"
#include "tensor/elementwise/greater_equal.h"
#include "tensor/elementwise/less_equal.h"
#include "tensor/elementwise/log_loss.h"
#include "tensor/elementwise/logical_and.h"
#include "tensor/elementwise/logistic_loss.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable binary_cross_entropy(Operand input, Operand target, const WeightedLossOptions& options) {
  const LossStep loss("binary_cross_entropy", {{"input", input}, {"target", target}});
  const Tensor& p = input.value();
  loss.expect("input", p, logical_and(greater_equal(p, 0), less_equal(p, 1)),
              "probabilities in 0..1; of logits use binary_cross_entropy_with_logits");
  Variable losses = log_loss(input, target);
  if (options.weight.defined()) {
    losses = losses * loss.weight("weight", options.weight, losses.shape());
  }
  return loss.reduce(losses, options.reduction);
}

Variable binary_cross_entropy_with_logits(Operand input, Operand target,
                                          const BCEWithLogitsOptions& options) {
  const LossStep loss("binary_cross_entropy_with_logits", {{"input", input}, {"target", target}});
  Variable losses = logistic_loss(input, target);
  if (options.pos_weight.defined()) {
    // -log s(x) = logistic_loss(x, 1), pos_weight - 1 times more.
    const Tensor more = loss.weight("pos_weight", options.pos_weight, losses.shape()) - 1;
    losses = losses + target * more * logistic_loss(input, 1);
  }
  if (options.weight.defined()) {
    losses = losses * loss.weight("weight", options.weight, losses.shape());
  }
  return loss.reduce(losses, options.reduction);
}

}  // namespace gradus::nn
