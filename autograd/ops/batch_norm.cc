#include "autograd/ops/batch_norm.h"

#include "autograd/ops/reshape.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/var.h"
#include "autograd/record_result.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

BatchNormed batch_norm(Operand x, Operand weight, Operand bias, double eps) {
  const bool has_weight = weight.variable.defined(), has_bias = bias.variable.defined();
  BatchNormResult r = batch_norm(x.value(), weight.value(), bias.value(), eps);
  ops::BatchNorm op{r.mean, r.var, eps, has_weight, has_bias};
  const auto made = [&](const auto&... more) {
    return record_result(std::move(op), std::move(r.y), x, more...);
  };
  Variable y = has_weight && has_bias   ? made(weight, bias)
               : has_weight || has_bias ? made(has_weight ? weight : bias)
                                        : made();
  return {std::move(y), std::move(r.mean), std::move(r.var)};
}

void ops::BatchNorm::backward(Gradients& d) const {
  const int weight = 1, bias = has_weight ? 2 : 1;
  const bool needs_weight = has_weight && d.needs(weight), needs_bias = has_bias && d.needs(bias);
  if (d.dy().numel() == 0) {  // sums of nothing, though means of nothing are NaN
    for (int i = 0; i < d.inputs(); ++i) {
      if (d.needs(i)) d.set(i, zeros(d.shape(i), d.dtype(i), d.device(i)));
    }
    return;
  }
  if (!grad_enabled()) {
    const Tensor w = has_weight ? d.x(weight).value() : Tensor();
    BatchNormGradients all = batch_norm_backward(d.dy().value(), d.x(0).value(), mean, var, w, eps,
                                                 d.needs(0), needs_weight, needs_bias);
    if (d.needs(0)) d.set(0, std::move(all.x));
    if (needs_weight) d.set(weight, std::move(all.weight));
    if (needs_bias) d.set(bias, std::move(all.bias));
    return;
  }
  // All axes but that of the channels, and an operand [C] with the axes of x.
  Axes others;
  Shape shape = d.shape(0);
  for (int i = 0; i < shape.rank(); ++i) {
    if (i == 1) continue;
    others.push_back(i);
    shape[i] = 1;
  }
  const Variable& dy = d.dy();
  if (needs_bias) d.set(bias, sum(dy, others));
  if (!d.needs(0) && !needs_weight) return;
  const auto [spread, middle] = var_mean(d.x(0), others, 0, true);
  const Variable scale = rsqrt(spread + eps), z = (d.x(0) - middle) * scale;
  if (needs_weight) d.set(weight, sum(dy * z, others));
  if (!d.needs(0)) return;
  const Variable dz = has_weight ? dy * reshape(d.x(weight), shape) : dy;
  d.set(0, scale * (dz - gradus::mean(dz, others, true) - z * gradus::mean(dz * z, others, true)));
}

}  // namespace gradus
