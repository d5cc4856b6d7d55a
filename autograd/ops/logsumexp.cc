#include "autograd/ops/logsumexp.h"

#include <cmath>

#include "autograd/ops/masked_fill.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus {

void ops::Logsumexp::backward(Gradients& d) const {
  const Shape& x = d.shape(0);
  // -inf alone: exp(-inf) dy = 0 instead of NaN from -inf less -inf.
  const Variable y = masked_fill(d.y(), equal(d.y().value(), -INFINITY), 0);
  d.set(0, spread(d.dy(), axes, x) * exp(d.x(0) - spread(y, axes, x)));
}

}  // namespace gradus
