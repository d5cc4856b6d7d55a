#include "nn/losses/nll.h"

#include "autograd/ops/class_targets.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"

namespace gradus::nn {

Variable nll_loss(Operand input, Operand target, const NLLLossOptions& options) {
  const LossStep loss("nll_loss", {{"input", input}});
  const Tensor& t = target.value();
  check_defined("nll_loss", "target", t);
  Shape expected = input.variable.shape();
  const int axis = expected.rank() == 1 ? 0 : 1;
  const std::int64_t classes = expected.rank() == 0 ? 0 : expected[axis];
  if (expected.rank() > 0) expected.erase(axis);
  if (input.variable.rank() == 0 || t.shape() != expected) {
    throw ShapeError("[nll_loss] input is " + to_string(input.variable.shape()) +
                     " and target is " + to_string(t.shape()) +
                     "; expected input [N, C, ...] with classes [N, ...], or [C] with []");
  }
  if (options.weight.defined() && options.weight.shape() != Shape{classes}) {
    throw ShapeError("[nll_loss] weight: shape " + to_string(options.weight.shape()) +
                     "; expected " + to_string(Shape{classes}) + ", one for each class");
  }
  const auto [index, ignored, taken] = class_targets("nll_loss", t, classes, options.ignore_index);
  if (index.numel() == 0) {
    // Nothing to gather, also where there are no classes; of the graph, so that backward works.
    return loss.reduce(reshape(slice(input, axis, {0, 0}), t.shape()), options.reduction);
  }
  Variable losses = -squeeze(gather(input, axis, index.unsqueeze(axis)), {axis});
  Tensor of_target = ones(index.shape(), losses.dtype(), index.device());
  if (options.weight.defined()) {
    const Tensor weight = loss.weight("weight", options.weight, {classes});
    of_target = index_select(weight, 0, index.reshape({index.numel()})).reshape(index.shape());
    losses = losses * of_target;
  }
  losses = masked_fill(losses, ignored, 0);
  if (options.reduction != Reduction::kMean) return loss.reduce(losses, options.reduction);
  return loss.in_result_dtype(sum(losses) / sum(masked_fill(of_target, ignored, 0)));
}

}  // namespace gradus::nn
