#include "autograd/ops/take.h"

#include "autograd/ops/index.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"

namespace gradus {

Variable take(Operand x, const Tensor& index) { return record(ops::Take{index}, x); }

Variable masked_select(Operand x, const Tensor& mask) { return record(ops::MaskedSelect{mask}, x); }

void ops::Take::backward(Gradients& d) const {
  d.set(0, reshape(put_index(d.dy(), {numel(d.shape(0))}, {index.get()}), d.shape(0)));
}

void ops::MaskedSelect::backward(Gradients& d) const {
  const Tensor& chosen = mask.get();
  const Shape whole = broadcast_shapes("masked_select", d.shape(0), chosen.shape(), "x", "mask");
  const Shape line{numel(whole)};  // a mask of no axes would be none
  const Variable dx = put_index(d.dy(), line, {chosen.expand(whole).reshape(line)});
  d.set(0, sum_to(reshape(dx, whole), d.shape(0)));
}

}  // namespace gradus
