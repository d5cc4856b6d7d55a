#include "autograd/ops/layer_norm.h"

#include "autograd/ops/sum.h"
#include "autograd/ops/var.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

Variable layer_norm(Operand x, const Axes& axes, Operand weight, Operand bias, double eps) {
  const bool has_weight = weight.variable.defined(), has_bias = bias.variable.defined();
  const ops::LayerNorm op{axes, eps, has_weight, has_bias};
  if (has_weight && has_bias) return record(op, x, weight, bias);
  if (has_weight || has_bias) return record(op, x, has_weight ? weight : bias);
  return record(op, x);
}

void ops::LayerNorm::backward(Gradients& d) const {
  const int weight = 1, bias = has_weight ? 2 : 1;
  const bool needs_weight = has_weight && d.needs(weight), needs_bias = has_bias && d.needs(bias);
  if (!grad_enabled()) {
    const Tensor w = has_weight ? d.x(weight).value() : Tensor();
    LayerNormGradients all = layer_norm_backward(d.dy().value(), d.x(0).value(), axes, w, eps,
                                                 d.needs(0), needs_weight, needs_bias);
    if (d.needs(0)) d.set(0, std::move(all.x));
    if (needs_weight) d.set(weight, std::move(all.weight));
    if (needs_bias) d.set(bias, std::move(all.bias));
    return;
  }
  // Operands with the axes of x, of size 1 where they are not named.
  Shape shape = d.shape(0);
  const unsigned mask = axes_mask("layer_norm", axes, shape);
  for (int i = 0; i < shape.rank(); ++i) shape[i] = mask >> i & 1 ? shape[i] : 1;
  const Variable& dy = d.dy();
  const auto set = [&](int i, const Variable& all) {
    d.set(i, reshape(sum_to(all, shape), d.shape(i)));
  };
  if (needs_bias) set(bias, dy);
  if (!d.needs(0) && !needs_weight) return;
  const auto [spread, middle] = var_mean(d.x(0), axes, 0, true);
  const Variable scale = rsqrt(spread + eps), z = (d.x(0) - middle) * scale;
  if (needs_weight) set(weight, dy * z);
  if (!d.needs(0)) return;
  const Variable dz = has_weight ? dy * reshape(d.x(weight), shape) : dy;
  d.set(0, scale * (dz - mean(dz, axes, true) - z * mean(dz * z, axes, true)));
}

}  // namespace gradus
