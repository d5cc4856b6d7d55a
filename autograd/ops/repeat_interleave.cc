#include "autograd/ops/repeat_interleave.h"

#include "autograd/ops/index.h"
#include "autograd/record_result.h"
#include "tensor/assemble.h"

namespace gradus {

Variable repeat_interleave(Operand x, std::int64_t repeats, int axis) {
  Tensor y = repeat_interleave(x.value(), repeats, axis);
  return record_result(ops::RepeatInterleave{full({x.value().dim(axis)}, repeats, kInt64), axis},
                       std::move(y), x);
}

Variable repeat_interleave(Operand x, const Tensor& repeats, int axis) {
  Tensor y = repeat_interleave(x.value(), repeats, axis);
  return record_result(ops::RepeatInterleave{repeats, axis}, std::move(y), x);
}

void ops::RepeatInterleave::backward(Gradients& d) const {
  const int at = normalize_axis("repeat_interleave", axis, d.shape(0));
  const Tensor& each = repeats;
  const Tensor index = repeat_interleave(arange(d.shape(0)[at]).to(each.device()), each, 0);
  d.set(0, put_index(d.dy(), d.shape(0), items_along(at, index.to(d.device(0)))));
}

}  // namespace gradus
