// Parts of sorted lines without sorting them: the k best, the k-th, the one in the middle.
#include <algorithm>
#include <string>

#include "tensor/cpu/order.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cuda/ops/sort.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"

namespace gradus {
namespace {

void check_k(std::string_view op, std::int64_t k, std::int64_t least, const cpu::Rows& rows,
             const Tensor& x) {
  if (k >= least && k <= rows.n) return;
  throw ConfigError("[" + std::string(op) + "] k: " + std::to_string(k) + "; expected " +
                    std::to_string(least) + ".." + std::to_string(rows.n) + " for axis " +
                    std::to_string(rows.axis) + " of shape " + to_string(x.shape()));
}

/// The elements from..k of each line in order (by position for equal ones), as rows.
ValuesAndIndices select_rows(const cpu::Rows& rows, std::int64_t from, std::int64_t k,
                             bool descending) {
  const std::int64_t n = rows.n, m = k - from;
  if (!rows.elements.on_cpu()) [[unlikely]] {
    return gpu::sorted_rows(rows.elements, descending, from, m, true);
  }
  const ValuesAndIndices best = {rows.new_rows(m, rows.elements.dtype()), rows.new_rows(m, kInt64)};
  if (best.values.numel() == 0) return best;
  dispatch(rows.elements.dtype(), [&]<class T>(std::type_identity<T>) {
    using P = cpu::Packed<T>;
    cpu::for_each_row(rows, [&](std::int64_t row) {
      const T* x = rows.elements.data<T>() + row * n;
      cpu::Room<P> room(n);
      P *line = room.data(), *end = line + n;
      cpu::pack_line(x, n, descending, line);
      if (m > 1 && k * 64 <= n) {  // a heap of the best so far is seldom changed
        std::partial_sort(line, line + k, end);
      } else {
        std::nth_element(line, line + (k - 1), end);
        if (m > 1) std::sort(line, line + k);
      }
      for (std::int64_t i = 0; i < m; ++i) {
        const std::int64_t position = cpu::position_of(line[from + i]);
        best.indices.data<std::int64_t>()[row * m + i] = position;
        best.values.data<T>()[row * m + i] = x[position];
      }
    });
  });
  return best;
}

}  // namespace

ValuesAndIndices topk(const Tensor& x, std::int64_t k, int axis, bool largest) {
  check_defined("topk", "x", x);
  const cpu::Rows rows("topk", x, axis);
  check_k("topk", k, 0, rows, x);
  const ValuesAndIndices best = select_rows(rows, 0, k, largest);
  ValuesAndIndices result = {rows.restored(best.values), rows.restored(best.indices)};
  if (x.rank() == 0 && k == 1) {
    result = {result.values.reshape({}), result.indices.reshape({})};
  }
  return result;
}

ValuesAndIndices kthvalue(const Tensor& x, std::int64_t k, int axis, bool keepdim) {
  check_defined("kthvalue", "x", x);
  const cpu::Rows rows("kthvalue", x, axis);
  check_k("kthvalue", k, 1, rows, x);
  const ValuesAndIndices kth = select_rows(rows, k - 1, k, false);
  const Shape shape = reduced_shape(x.shape(), 1u << rows.axis, keepdim);
  return {rows.restored(kth.values).reshape(shape), rows.restored(kth.indices).reshape(shape)};
}

Tensor median(const Tensor& x, const Axes& axes, bool keepdim) {
  check_defined("median", "x", x);
  const unsigned mask = axes_mask("median", axes, x.shape());
  const Shape result = reduced_shape(x.shape(), mask, keepdim);
  if (x.numel() == 0) {
    if (numel(result) > 0) cpu::throw_no_elements("median", x);
    return Tensor::empty(result, x.dtype(), x.device());
  }
  Shape shape;
  Strides strides;
  for (const bool reduced : {false, true}) {  // the reduced axes go last
    for (int i = 0; i < x.rank(); ++i) {
      if (static_cast<bool>(mask >> i & 1) != reduced) continue;
      shape.push_back(x.shape()[i]);
      strides.push_back(x.strides()[i]);
    }
  }
  const std::int64_t n = cpu::reduced_count(x.shape(), mask);
  const Tensor lines = as_strided_unchecked(x, shape, strides, 0).reshape({x.numel() / n, n});
  const cpu::Rows rows("median", lines, 1);
  const Tensor middle = select_rows(rows, (n - 1) / 2, (n + 1) / 2, false).values.reshape(result);
  if (!is_floating(x.dtype())) return middle;
  // NaN comes last: a line has one if its last element is.
  const Tensor last = select_rows(rows, n - 1, n, false).values.reshape(result);
  if (!x.on_cpu()) [[unlikely]]
    return where(not_equal(last, last), last, middle);
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < last.numel(); ++i) {
      const T v = last.data<T>()[i];
      if (v != v) middle.data<T>()[i] = v;
    }
  });
  return middle;
}

}  // namespace gradus
