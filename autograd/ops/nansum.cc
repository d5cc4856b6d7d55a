#include "autograd/ops/nansum.h"

#include "autograd/ops/masked_fill.h"
#include "autograd/ops/sum.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/isnan.h"
#include "tensor/elementwise/logical_not.h"

namespace gradus {

void ops::Nansum::backward(Gradients& d) const {
  d.set(0, masked_fill(spread(d.dy(), axes, d.shape(0)), isnan(d.x(0).value()), 0));
}

void ops::Nanmean::backward(Gradients& d) const {
  const Tensor missing = isnan(d.x(0).value());
  const Tensor count = sum(logical_not(missing), axes, true).to(d.dy().dtype());
  const Variable share = spread(d.dy(), axes, d.shape(0)) / count;
  d.set(0, masked_fill(share, missing, 0));
}

}  // namespace gradus
