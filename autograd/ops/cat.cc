#include "autograd/ops/cat.h"

#include "autograd/ops/select.h"
#include "autograd/ops/slice.h"
#include "tensor/assemble.h"

namespace gradus {

Variable cat(std::span<const Variable> variables, int axis, std::source_location where) {
  Tensor y = cat(values_of(variables), axis);
  std::vector<std::int64_t> sizes;
  for (const Variable& x : variables) sizes.push_back(x.dim(axis));
  return record_many(ops::Cat{std::move(sizes), axis}, std::move(y), variables, where);
}

void ops::Cat::backward(Gradients& d) const {
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t stop = start + sizes[i];
    const int input = static_cast<int>(i);
    if (d.needs(input)) d.set(input, slice(d.dy(), axis, {start, stop}));
    start = stop;
  }
}

Variable stack(std::span<const Variable> variables, int axis, std::source_location where) {
  Tensor y = stack(values_of(variables), axis);
  const auto n = static_cast<std::int64_t>(variables.size());
  return record_many(ops::Stack{n, axis}, std::move(y), variables, where);
}

void ops::Stack::backward(Gradients& d) const {
  for (int i = 0; i < n; ++i) {
    if (d.needs(i)) d.set(i, select(d.dy(), axis, i));
  }
}

}  // namespace gradus
