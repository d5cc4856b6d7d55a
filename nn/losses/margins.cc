// The losses with margins.
#include "autograd/ops/class_targets.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/where.h"
#include "nn/losses/hinge_embedding.h"
#include "nn/losses/margin_ranking.h"
#include "nn/losses/multi_margin.h"
#include "nn/losses/soft_margin.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/clamp_min.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/logistic_loss.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable hinge_embedding_loss(Operand input, Operand target, const HingeEmbeddingOptions& options) {
  const LossStep loss("hinge_embedding_loss", {{"input", input}, {"target", target}});
  loss.expect_signs(target.value());
  return loss.reduce(where(greater(target.value(), 0), input, clamp_min(options.margin - input, 0)),
                     options.reduction);
}

Variable margin_ranking_loss(Operand input1, Operand input2, Operand target,
                             const MarginRankingOptions& options) {
  const LossStep loss("margin_ranking_loss",
                      {{"input1", input1}, {"input2", input2}, {"target", target}});
  loss.expect_signs(target.value());
  return loss.reduce(clamp_min(options.margin - target * (input1 - input2), 0), options.reduction);
}

Variable soft_margin_loss(Operand input, Operand target, const LossOptions& options) {
  const LossStep loss("soft_margin_loss", {{"input", input}, {"target", target}});
  loss.expect_signs(target.value());
  return loss.reduce(logistic_loss(target * input, 1), options.reduction);
}

Variable multi_margin_loss(Operand input, Operand target, const MultiMarginOptions& options) {
  const LossStep loss("multi_margin_loss", {{"input", input}});
  const Tensor& t = target.value();
  check_defined("multi_margin_loss", "target", t);
  const Shape& shape = input.variable.shape();
  const bool one = shape.rank() == 1 && t.rank() == 0;
  if (!one && (shape.rank() != 2 || t.shape() != Shape{shape[0]})) {
    throw ShapeError("[multi_margin_loss] input is " + to_string(shape) + " and target is " +
                     to_string(t.shape()) +
                     "; expected input [N, C] with classes [N], or [C] with []");
  }
  if (options.p != 1 && options.p != 2) {
    throw ConfigError("[multi_margin_loss] p: " + std::to_string(options.p) + "; expected 1 or 2");
  }
  const std::int64_t classes = shape.at(-1);
  if (options.weight.defined() && options.weight.shape() != Shape{classes}) {
    throw ShapeError("[multi_margin_loss] weight: shape " + to_string(options.weight.shape()) +
                     "; expected " + to_string(Shape{classes}) + ", one for each class");
  }
  const Tensor index = class_targets("multi_margin_loss", t, classes).index.unsqueeze(-1);
  Variable hinge = relu(options.margin - gather(input, -1, index) + input);
  if (options.p == 2) hinge = square(hinge);
  hinge = masked_fill(hinge, one_hot(index.squeeze({-1}), classes).to(kBool), 0);
  Variable losses = sum(hinge, {-1}) / classes;
  if (options.weight.defined()) {
    const Tensor weight = loss.weight("weight", options.weight, {classes});
    losses = losses * index_select(weight, 0, index.reshape({index.numel()})).reshape(t.shape());
  }
  return loss.reduce(losses, options.reduction);
}

}  // namespace gradus::nn
