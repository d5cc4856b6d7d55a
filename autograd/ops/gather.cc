#include "autograd/ops/gather.h"

#include "autograd/ops/pad.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/where.h"
#include "tensor/elementwise/equal.h"

namespace gradus {
namespace {

/// Gradient of a source from that of the places it went to: what was not used of it gets 0, and a
/// single element the sum.
Variable for_source(const Variable& dy, const Shape& shape) {
  if (shape.rank() == 0) return sum_to(dy, shape);
  if (dy.shape() == shape) return dy;
  const Variable used = dy.rank() == 0 ? reshape(dy, {1}) : dy;
  std::vector<std::int64_t> rest;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    rest.push_back(0);
    rest.push_back(shape[axis] - used.shape()[axis]);
  }
  return pad(used, rest);
}

}  // namespace

Variable gather(Operand x, int axis, const Tensor& index) {
  return record(ops::Gather{{index, axis}}, x);
}

Variable take_along_axis(Operand x, const Tensor& index, int axis) {
  return record(ops::TakeAlongAxis{index, axis}, x);
}

Variable scatter(Operand x, int axis, const Tensor& index, Operand source) {
  return record(ops::Scatter{axis, index}, x, source);
}

Variable scatter_add(Operand x, int axis, const Tensor& index, Operand source) {
  return record(ops::ScatterAdd{axis, index}, x, source);
}

void ops::TakeAlongAxis::backward(Gradients& d) const {
  const int at = normalize_axis("take_along_axis", axis, d.shape(0));
  Shape shape = d.dy().shape();
  shape[at] = d.shape(0)[at];
  const Tensor everywhere = index.get().expand(d.dy().shape());
  d.set(0, sum_to(place(d.dy(), everywhere, at, shape), d.shape(0)));
}

void ops::Scatter::backward(Gradients& d) const {
  const Variable none = zeros({}, d.dy().dtype(), d.dy().device());
  if (d.needs(0)) d.set(0, scatter(d.dy(), axis, index, none));
  if (!d.needs(1)) return;
  // Each source leaves its number; what was written over finds another one.
  const Tensor& to = index.get();
  const Tensor numbers = arange(to.numel()).reshape(to.shape()).to(to.device());
  const Tensor board = scatter(Tensor::empty(d.shape(0), kInt64, to.device()), axis, to, numbers);
  const Tensor stayed = equal(gather(board, axis, to), numbers);
  d.set(1, for_source(where(stayed, gather(d.dy(), axis, to), none), d.shape(1)));
}

void ops::ScatterAdd::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, d.dy());
  if (d.needs(1)) d.set(1, for_source(gather(d.dy(), axis, index), d.shape(1)));
}

}  // namespace gradus
