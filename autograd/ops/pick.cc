#include "autograd/ops/pick.h"

#include "autograd/ops/gather.h"
#include "autograd/ops/shapes.h"
#include "tensor/indexing.h"

namespace gradus {

Variable place(Operand x, const Tensor& index, int axis, const Shape& shape) {
  return record(ops::Place{index, axis, shape}, x);
}

Tensor ops::Pick::forward(const Tensor& x) const { return gather(x, axis, index); }

void ops::Pick::backward(Gradients& d) const {
  if (!dropped || d.shape(0).rank() == 0) return d.set(0, place(d.dy(), index, axis, d.shape(0)));
  const int at = normalize_axis("pick", axis, d.shape(0));
  d.set(0, place(unsqueeze(d.dy(), at), index.get().unsqueeze(at), at, d.shape(0)));
}

Tensor ops::Place::forward(const Tensor& x) const {
  return scatter_add(zeros(shape, x.dtype(), x.device()), axis, index, x);
}

void ops::Place::backward(Gradients& d) const { d.set(0, gather(d.dy(), axis, index)); }

}  // namespace gradus
