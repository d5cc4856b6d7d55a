#include "autograd/ops/embedding.h"

#include <string>

#include "autograd/ops/cast.h"
#include "autograd/ops/index_select.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/shapes.h"
#include "tensor/elementwise/equal.h"

namespace gradus {
namespace {

// The flattened indices, each checked.
Tensor checked_rows(const Tensor& weight, const Tensor& indices) {
  check_defined("embedding", "weight", weight);
  check_defined("embedding", "indices", indices);
  if (weight.rank() == 0) {
    throw ShapeError("[embedding] weight: shape []; expected [V, D...], a table of rows");
  }
  if (indices.dtype() != kInt64 && indices.dtype() != kInt32) {
    throw DTypeError("[embedding] indices: " + std::string(name(indices.dtype())) +
                     "; expected int64 or int32");
  }
  check_same_device("embedding", "weight", weight, "indices", indices);
  const Tensor given = indices.to(kInt64).reshape({indices.numel()}).contiguous();
  const Tensor rows = given.to(kCpu);  // those of a device are checked here
  const std::int64_t *row = rows.data<std::int64_t>(), count = weight.shape()[0];
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    if (row[i] >= 0 && row[i] < count) continue;
    Dims at = Dims::filled(indices.rank(), 0);
    const std::int64_t value = row[i];
    for (int axis = indices.rank() - 1; axis >= 0; --axis) {
      at[axis] = i % indices.shape()[axis];
      i /= indices.shape()[axis];
    }
    throw IndexError("[embedding] indices: " + std::to_string(value) + " at " + to_string(at) +
                     "; expected " + (count == 0 ? "none" : "0.." + std::to_string(count - 1)) +
                     ", the rows of weight " + to_string(weight.shape()));
  }
  return given;
}

std::int64_t checked_padding(std::int64_t row, const Shape& weight) {
  if (row >= -weight[0] && row < weight[0]) return row < 0 ? row + weight[0] : row;
  throw IndexError("[embedding] padding_idx: " + std::to_string(row) + "; expected " +
                   (weight[0] == 0
                        ? "none"
                        : std::to_string(-weight[0]) + ".." + std::to_string(weight[0] - 1)) +
                   ", a row of weight " + to_string(weight));
}

}  // namespace

Variable embedding(Operand weight, const Tensor& indices, std::optional<std::int64_t> padding_idx) {
  const Tensor rows = checked_rows(weight.value(), indices);
  const Shape& table = weight.value().shape();
  Tensor padding;
  if (padding_idx) {
    const std::int64_t row = checked_padding(*padding_idx, table);
    Shape shape = Shape::filled(table.rank(), 1);
    shape[0] = rows.numel();
    padding = equal(rows, row).reshape(shape);
  }
  Shape shape = indices.shape();
  for (int i = 1; i < table.rank(); ++i) shape.push_back(table[i]);
  const std::source_location where = weight.where;
  const Variable y = record(ops::Embedding{rows, padding}, weight);
  return y.shape() == shape ? y : reshape({y, where}, shape);
}

Tensor ops::Embedding::forward(const Tensor& weight) const { return index_select(weight, 0, rows); }

void ops::Embedding::backward(Gradients& d) const {
  const Tensor& mask = padding;
  Variable dy = mask.defined() ? masked_fill(d.dy(), mask, 0) : d.dy();
  // The sums of half types are rounded once.
  const DType dtype = compute_dtype(d.dtype(0));
  if (dtype != d.dtype(0)) dy = cast(dy, dtype);
  const Variable dweight = index_add(zeros(d.shape(0), dtype, d.device(0)), 0, rows, dy);
  d.set(0, dtype == d.dtype(0) ? dweight : cast(dweight, d.dtype(0)));
}

}  // namespace gradus
