#include "autograd/ops/norm.h"

#include <cmath>

#include "autograd/ops/masked_fill.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/isnan.h"
#include "tensor/elementwise/logical_or.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/pow.h"
#include "tensor/elementwise/sign.h"

namespace gradus {

void ops::Norm::backward(Gradients& d) const {
  const Shape& shape = d.shape(0);
  const Variable x = d.x(0), dy = spread(d.dy(), axes, shape), y = spread(d.y(), axes, shape);
  if (p == 0) return d.set(0, zeros(shape, d.dy().dtype(), d.device(0)));
  if (p == 1) return d.set(0, dy * sign(x));
  if (std::isinf(p)) {
    const Tensor size = abs(x.value());
    const Tensor chosen = logical_or(equal(size, y.value()), isnan(size)).to(x.value().dtype());
    return d.set(0, dy * (sign(x.value()) * chosen / sum(chosen, axes, true)));
  }
  const Tensor none = equal(y.value(), 0);
  const Variable divisor = masked_fill(y, none, 1);
  if (p == 2) return d.set(0, dy * masked_fill(x / divisor, none, 0));
  // (|x| / y)^(p - 2) (x / y), so that p > 2 is smooth at 0 and neither power overflows alone.
  const Tensor at_zero = p < 1 ? logical_or(none, equal(x.value(), 0)) : none;
  const Variable ratio = masked_fill(x / divisor, at_zero, 1);
  const Variable slope =
      p < 2 ? sign(ratio.value()) * pow(abs(ratio), p - 1) : ratio * pow(abs(ratio), p - 2);
  d.set(0, dy * masked_fill(slope, at_zero, 0));
}

}  // namespace gradus
