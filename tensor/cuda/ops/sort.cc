#include "tensor/cuda/ops/sort.h"

#include "tensor/assemble.h"
#include "tensor/construct.h"
#include "tensor/cuda/dispatch.h"
#include "tensor/cuda/sort.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/elementwise/sub.h"
#include "tensor/indexing.h"
#include "tensor/reduce.h"
#include "tensor/scan.h"

namespace gradus::gpu {
namespace {

/// From rows in order and whether each is another than the one before.
Unique unique_rows(const Tensor& rows, const Tensor& order, const Tensor& differs) {
  const std::int64_t n = order.numel();
  if (n == 0) return {rows, order, order};
  const Tensor opens = cat({ones({1}, kBool, order.device()), differs}, 0);
  const Tensor group = sub(cumsum(opens, 0), 1), starts = nonzero(opens).select(1, 0);
  const Tensor end = full({1}, n, kInt64, order.device());
  // The order backwards: where in it each row is.
  const Tensor place = sorted_rows(order, false, 0, n, false).indices;
  return {index_select(rows, 0, index_select(order, 0, starts)), index_select(group, 0, place),
          diff(starts, 1, 0, {}, end)};
}

Tensor without_first(const Tensor& x) { return x.slice(0, {1}); }
Tensor without_last(const Tensor& x) { return x.slice(0, {0, -1}); }

}  // namespace

ValuesAndIndices sorted_rows(const Tensor& x, bool descending, std::int64_t from, std::int64_t m,
                             bool with_values) {
  Shape shape = x.shape();
  const std::int64_t n = shape.at(-1), rows = n == 0 ? 0 : x.numel() / n;
  shape[shape.rank() - 1] = m;
  const Tensor indices = Tensor::empty(shape, kInt64, x.device());
  const Tensor values = with_values ? Tensor::empty(shape, x.dtype(), x.device()) : Tensor();
  if (indices.numel() == 0) return {values, indices};
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  const Tensor keys = Tensor::empty({2 * rows * n}, bytes == 8 ? kInt64 : kInt32, x.device());
  const Tensor positions = Tensor::empty({2 * rows * n}, kInt32, x.device());
  on_device(x.device(), [&]<class D>(std::type_identity<D>) {
    const SortRoom room{keys.raw_device_data(),
                        static_cast<std::uint32_t*>(positions.raw_device_data())};
    const std::uint32_t* sorted =
        sort_rows<D>(x.dtype(), descending, rows, n, x.raw_device_data(), room, nullptr);
    pick_sorted<D>(bytes, rows, n, from, m, x.raw_device_data(), sorted,
                   with_values ? values.raw_device_data() : nullptr,
                   indices.device_data<std::int64_t>(), nullptr);
  });
  return {values, indices};
}

Unique unique(const Tensor& x) {
  const Tensor flat = x.contiguous().reshape({x.numel()});
  const ValuesAndIndices sorted = sorted_rows(flat, false, 0, x.numel(), true);
  Unique found = unique_rows(flat, sorted.indices,
                             not_equal(without_first(sorted.values), without_last(sorted.values)));
  found.inverse = found.inverse.reshape(x.shape());
  return found;
}

Unique unique(const Tensor& x, int axis) {
  const Tensor rows = x.moveaxis(axis, 0).contiguous();
  const std::int64_t n = rows.dim(0), width = n == 0 ? 0 : rows.numel() / n;
  const Tensor table = rows.reshape({n, width});
  // By the last column first: each sort keeps the order of equal elements.
  Tensor order = arange(n).to(x.device());
  for (std::int64_t column = width - 1; column >= 0; --column) {
    const Tensor keys = index_select(table.select(1, column), 0, order);
    order = index_select(order, 0, sorted_rows(keys.contiguous(), false, 0, n, false).indices);
  }
  const Tensor sorted = index_select(table, 0, order);
  const Tensor differs = any(not_equal(without_first(sorted), without_last(sorted)), {1});
  Unique found = unique_rows(rows, order, differs);
  found.values = found.values.moveaxis(0, axis).contiguous();
  return found;
}

}  // namespace gradus::gpu
