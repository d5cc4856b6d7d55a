#include "autograd/ops/pick.h"

#include "autograd/ops/shapes.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/row_ops.h"

namespace gradus {
namespace {

// The axis last, and the lines below each other: x [..., n] as [lines, n].
Tensor lines_of(const Tensor& x, int axis) {
  const Tensor last = x.moveaxis(axis, -1);
  const std::int64_t n = last.dim(-1);
  std::int64_t lines = 1;
  for (int i = 0; i < last.rank() - 1; ++i) lines *= last.shape()[i];
  return last.reshape({lines, n});
}

// Back from lines to `shape`.
Tensor from_lines(const Tensor& lines, Shape shape, int axis) {
  const int at = normalize_axis("pick", axis, shape);
  const std::int64_t n = shape[at];
  shape.erase(at);
  shape.push_back(n);
  return lines.reshape(shape).moveaxis(-1, axis);
}

// Positions in the flattened lines, each n long.
Tensor flat_index(const Tensor& index, std::int64_t n) {
  const std::int64_t lines = index.dim(0);
  return (index + (arange(lines) * n).reshape({lines, 1})).reshape({index.numel()});
}

}  // namespace

Variable pick(Operand x, const Tensor& index, int axis) {
  return record(ops::Pick{index, axis}, x);
}

Variable place(Operand x, const Tensor& index, int axis, const Shape& shape) {
  return record(ops::Place{index, axis, shape}, x);
}

Tensor ops::Pick::forward(const Tensor& x) const {
  if (index.numel() == 0) return zeros(index.shape(), x.dtype());
  if (x.rank() == 0) return x.reshape(index.shape());
  const Tensor from = lines_of(x, axis), at = lines_of(index, axis);
  const Tensor flat = from.reshape({from.numel()}).index_select(flat_index(at, from.dim(1)));
  return from_lines(flat.reshape(at.shape()), index.shape(), axis);
}

void ops::Pick::backward(Gradients& d) const {
  if (!dropped || d.shape(0).rank() == 0) return d.set(0, place(d.dy(), index, axis, d.shape(0)));
  const int at = normalize_axis("pick", axis, d.shape(0));
  d.set(0, place(unsqueeze(d.dy(), at), index.unsqueeze(at), at, d.shape(0)));
}

Tensor ops::Place::forward(const Tensor& x) const {
  if (x.numel() == 0) return zeros(shape, x.dtype());
  if (shape.rank() == 0) return x.reshape({});
  const Tensor from = lines_of(x, axis), at = lines_of(index, axis);
  const std::int64_t n = shape.at(axis), lines = from.dim(0);
  const Tensor flat = index_add_rows(from.reshape({from.numel()}), flat_index(at, n), lines * n);
  return from_lines(flat.reshape({lines, n}), shape, axis);
}

void ops::Place::backward(Gradients& d) const { d.set(0, pick(d.dy(), index, axis)); }

}  // namespace gradus
