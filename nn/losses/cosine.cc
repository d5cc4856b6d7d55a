#include "nn/losses/cosine.h"

#include "autograd/ops/norm.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/where.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/clamp_min.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/greater.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sqrt.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable cosine_similarity(Operand x1, Operand x2, const CosineSimilarityOptions& options) {
  const LossStep step("cosine_similarity", {{"x1", x1}, {"x2", x2}}, 1);
  if (!(options.eps > 0)) {
    throw ConfigError("[cosine_similarity] eps: " + to_text(options.eps) +
                      "; expected a number > 0");
  }
  const Shape shape =
      broadcast_shapes("cosine_similarity", x1.variable.shape(), x2.variable.shape());
  const int axis = normalize_axis("cosine_similarity", options.axis, shape);
  const auto unit = [&](const Operand& x) {
    const Variable wide = expand(x, shape);
    return wide / clamp_min(norm(wide, 2, {axis}, true), options.eps);
  };
  return step.in_result_dtype(sum(unit(x1) * unit(x2), {axis}));
}

Variable cosine_embedding_loss(Operand input1, Operand input2, Operand target,
                               const CosineEmbeddingOptions& options) {
  const LossStep loss("cosine_embedding_loss",
                      {{"input1", input1}, {"input2", input2}, {"target", target}}, 2);
  const Shape &shape = input1.variable.shape(), &of_target = target.variable.shape();
  const bool one = shape.rank() == 1 && of_target.rank() == 0;
  if (!one && (shape.rank() != 2 || of_target != Shape{shape[0]})) {
    throw ShapeError("[cosine_embedding_loss] input1 is " + to_string(shape) + " and target is " +
                     to_string(of_target) +
                     "; expected input1 [N, D] with target [N], or [D] with []");
  }
  loss.expect_signs(target.value());
  constexpr double kEps = 1e-12;
  const Variable squares = (sum(square(input1), {-1}) + kEps) * (sum(square(input2), {-1}) + kEps);
  const Variable cos = sum(input1 * input2, {-1}) / sqrt(squares);
  return loss.reduce(where(greater(target.value(), 0), 1 - cos, clamp_min(cos - options.margin, 0)),
                     options.reduction);
}

}  // namespace gradus::nn
