#include "autograd/ops/prod.h"

#include "autograd/ops/flip.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/scan.h"
#include "tensor/elementwise/mul.h"

namespace gradus {

void ops::Prod::backward(Gradients& d) const {
  const Shape& shape = d.shape(0);
  if (numel(shape) == 0) return d.set(0, zeros(shape, d.dy().dtype(), d.device(0)));
  // The reduced axes last, then as lines [kept, n].
  const unsigned mask = axes_mask("prod", axes, shape);
  Dims order, back = Dims::filled(shape.rank(), 0);
  Shape permuted;
  std::int64_t kept = 1, n = 1;
  for (const bool reduced : {false, true}) {
    for (int i = 0; i < shape.rank(); ++i) {
      if ((mask >> i & 1) != reduced) continue;
      back[i] = order.rank();
      order.push_back(i);
      permuted.push_back(shape[i]);
      (reduced ? n : kept) *= shape[i];
    }
  }
  const Variable x = reshape(permute(d.x(0), order), {kept, n});
  const Variable before = shift(cumprod(x, 1), 1, 1, 1);
  const Variable after = flip(shift(cumprod(flip(x, 1), 1), 1, 1, 1), 1);
  const Variable dx = reshape(d.dy(), {kept, 1}) * (before * after);
  d.set(0, permute(reshape(dx, permuted), back));
}

}  // namespace gradus
