#include "autograd/ops/scan.h"

#include <cmath>

#include "autograd/ops/cat.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/recurrence.h"
#include "autograd/ops/reshape.h"
#include "autograd/record_result.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

// A 0-d tensor counts as a line of one element.
Variable line(const Variable& x) { return x.rank() == 0 ? reshape(x, {1}) : x; }

}  // namespace

void ops::Cumsum::backward(Gradients& d) const {
  if (d.shape(0).rank() == 0) return d.set(0, d.dy());
  d.set(0, flip(cumsum(flip(d.dy(), axis), axis), axis));
}

void ops::Cumprod::backward(Gradients& d) const {
  if (numel(d.shape(0)) == 0) return d.set(0, d.dy());
  const Variable before = shift(line(d.y()), axis, 1, 1);
  const Variable g = recurrence_from_end(line(d.x(0)), line(d.dy()), axis);
  d.set(0, reshape(before * g, d.shape(0)));
}

void ops::Logcumsumexp::backward(Gradients& d) const {
  if (numel(d.shape(0)) == 0) return d.set(0, d.dy());
  const Variable x = line(d.x(0)), y = line(d.y());
  // Where nothing was added yet y is -inf, and -inf less -inf would be NaN.
  const Variable from = masked_fill(y, equal(y.value(), -INFINITY), 0);
  const Variable ratio = shift(exp(y - shift(from, axis, -1)), axis, 1);
  const Variable g = recurrence_from_end(ratio, line(d.dy()), axis);
  d.set(0, reshape(exp(x - from) * g, d.shape(0)));
}

void ops::Diff::backward(Gradients& d) const {
  const int at = normalize_axis("diff", axis, d.shape(0));
  if (d.dy().numel() == 0) return d.set(0, zeros(d.shape(0), d.dy().dtype(), d.device(0)));
  std::vector<std::int64_t> pads(2 * (d.shape(0).rank() - at), 0);
  pads.back() = *(pads.end() - 2) = n;
  const Variable dx = diff(pad(d.dy(), pads), n, axis);
  d.set(0, n % 2 == 0 ? dx : -dx);
}

Variable diff(Operand x, std::int64_t n, int axis, Operand prepend, Operand append) {
  if (n <= 0) return diff(x, n, axis);
  const Tensor y = diff(x.value(), n, axis, prepend.value(), append.value());  // checks
  std::vector<Variable> parts;
  bool recorded = false;
  for (const Operand* part : {&prepend, &x, &append}) {
    if (!part->variable.defined()) continue;
    parts.push_back(part->variable);
    recorded = recorded || part->variable.requires_grad();
  }
  if (!recorded || !grad_enabled()) return y;
  return record_result(ops::Diff{n, axis}, y, Operand(cat(parts, axis, x.where), x.where));
}

VariableAndIndices cummax(Operand x, int axis) {
  ValuesAndIndices y = cummax(x.value(), axis);
  ops::Cummax op{{y.indices, axis}};
  return {record_result(std::move(op), std::move(y.values), x), std::move(y.indices)};
}

VariableAndIndices cummin(Operand x, int axis) {
  ValuesAndIndices y = cummin(x.value(), axis);
  ops::Cummin op{{y.indices, axis}};
  return {record_result(std::move(op), std::move(y.values), x), std::move(y.indices)};
}

}  // namespace gradus
