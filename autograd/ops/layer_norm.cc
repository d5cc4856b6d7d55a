#include "autograd/ops/layer_norm.h"

#include "autograd/ops/sum.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/var.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/rsqrt.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

// The last axes, as many as `weight` has.
Axes normalized_axes(const Shape& weight) {
  Axes axes;
  for (int i = -weight.rank(); i < 0; ++i) axes.push_back(i);
  return axes;
}

void check(const Shape& x, const Shape& weight, const Shape& bias) {
  bool fits = weight.rank() > 0 && weight.rank() <= x.rank() && bias == weight;
  for (int i = 1; fits && i <= weight.rank(); ++i) fits = x.at(-i) == weight.at(-i);
  if (fits) return;
  throw ShapeError("[layer_norm] x is " + to_string(x) + ", weight is " + to_string(weight) +
                   " and bias is " + to_string(bias) +
                   "; expected x [..., D...], weight [D...], bias [D...]");
}

}  // namespace

Tensor ops::LayerNorm::forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
  check(x.shape(), weight.shape(), bias.shape());
  const auto [spread, middle] = var_mean(x, normalized_axes(weight.shape()), 0, true);
  return (x - middle) * rsqrt(spread + eps) * weight + bias;
}

void ops::LayerNorm::backward(Gradients& d) const {
  const Axes axes = normalized_axes(d.shape(1));
  const Variable& dy = d.dy();
  if (d.needs(2)) d.set(2, sum_to(dy, d.shape(2)));
  if (!d.needs(0) && !d.needs(1)) return;
  const auto [spread, middle] = var_mean(d.x(0), axes, 0, true);
  const Variable scale = rsqrt(spread + eps), z = (d.x(0) - middle) * scale;
  if (d.needs(1)) d.set(1, sum_to(dy * z, d.shape(1)));
  if (!d.needs(0)) return;
  const Variable dz = dy * d.x(1);
  d.set(0, scale * (dz - mean(dz, axes, true) - z * mean(dz * z, axes, true)));
}

}  // namespace gradus
