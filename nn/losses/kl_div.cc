#include "nn/losses/kl_div.h"

#include "autograd/ops/sum.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"
#include "tensor/elementwise/xlogy.h"

namespace gradus::nn {

Variable kl_div(Operand input, Operand target, const KLDivOptions& options) {
  const LossStep loss("kl_div", {{"input", input}, {"target", target}});
  const Variable losses =
      options.log_target ? exp(target) * (target - input) : xlogy(target, target) - target * input;
  switch (options.reduction) {
    case KLDivReduction::kNone:
      return loss.reduce(losses, Reduction::kNone);
    case KLDivReduction::kMean:
      return loss.reduce(losses, Reduction::kMean);
    case KLDivReduction::kSum:
      return loss.reduce(losses, Reduction::kSum);
    case KLDivReduction::kBatchMean:
      break;
  }
  if (losses.rank() == 0) return loss.reduce(losses, Reduction::kSum);
  return loss.in_result_dtype(sum(losses) / losses.dim(0));
}

}  // namespace gradus::nn
