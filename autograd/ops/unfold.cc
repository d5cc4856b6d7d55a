#include "autograd/ops/unfold.h"

#include "tensor/elementwise/add.h"

namespace gradus {

Tensor ops::AddWindows::forward(const Tensor& x) const {
  Tensor y = zeros(shape, x.dtype(), x.device());
  const int at = normalize_axis("unfold", axis, shape);
  const std::int64_t windows = x.dim(at);
  if (windows == 0) return y;
  for (std::int64_t j = 0; j < size; ++j) {
    const Tensor target = y.slice(at, {j, j + (windows - 1) * step + 1, step});
    target.copy_from(target + x.select(-1, j));
  }
  return y;
}

}  // namespace gradus
