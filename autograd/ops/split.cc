#include "autograd/ops/split.h"

#include "autograd/record_result.h"

namespace gradus {
namespace {

// Records parts that follow each other along the axis.
std::vector<Variable> record_parts(const Operand& x, const std::vector<Tensor>& parts, int axis) {
  std::vector<Variable> y;
  y.reserve(parts.size());
  std::int64_t start = 0;
  for (const Tensor& part : parts) {
    const std::int64_t stop = start + part.dim(axis);
    y.push_back(record_result(ops::SliceAxis{axis, {start, stop}}, part, x));
    start = stop;
  }
  return y;
}

}  // namespace

Variable narrow(Operand x, int axis, std::int64_t start, std::int64_t length) {
  Tensor y = x.value().narrow(axis, start, length);
  const std::int64_t first = start < 0 ? start + x.value().dim(axis) : start;
  return record_result(ops::SliceAxis{axis, {first, first + length}}, std::move(y), x);
}

std::vector<Variable> split(Operand x, const std::vector<std::int64_t>& sizes, int axis) {
  return record_parts(x, x.value().split(sizes, axis), axis);
}

std::vector<Variable> split_every(Operand x, std::int64_t size, int axis) {
  return record_parts(x, x.value().split_every(size, axis), axis);
}

std::vector<Variable> chunk(Operand x, std::int64_t n, int axis) {
  return record_parts(x, x.value().chunk(n, axis), axis);
}

}  // namespace gradus
