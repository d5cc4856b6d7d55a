#include "nn/losses/l1.h"

#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable l1_loss(Operand input, Operand target, const WeightedLossOptions& options) {
  const LossStep loss("l1_loss", {{"input", input}, {"target", target}});
  return loss.reduce(abs(input - target), options);
}

}  // namespace gradus::nn
