// unique along an axis: sub-tensors as rows, their order by keys (order.h) of all elements.
#include <algorithm>
#include <cstring>
#include <vector>

#include "tensor/cpu/order.h"
#include "tensor/cuda/ops/sort.h"
#include "tensor/sort.h"

namespace gradus {
namespace {

/// Rows of n keys each, one for each element of `rows`.
template <class T>
std::vector<cpu::Bits<sizeof(T)>> keys_of(const Tensor& rows) {
  std::vector<cpu::Bits<sizeof(T)>> keys(rows.numel());
  const T* x = rows.data<T>();
  parallel_pieces(rows.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) keys[i] = cpu::order_key(x[i]);
  });
  return keys;
}

/// The rows in order, equal ones in the order they stand in, and for each place whether its row is
/// another than the one before.
struct OrderOfRows {
  std::vector<std::int64_t> rows;
  std::vector<bool> opens;
};

template <class T>
OrderOfRows order_of_rows(const Tensor& elements, std::int64_t count, std::int64_t width) {
  using Key = cpu::Bits<sizeof(T)>;
  const std::vector<Key> keys = keys_of<T>(elements);
  const auto row = [&](std::int64_t i) { return keys.data() + i * width; };
  OrderOfRows order{std::vector<std::int64_t>(count), std::vector<bool>(count)};
  for (std::int64_t i = 0; i < count; ++i) order.rows[i] = i;
  std::stable_sort(order.rows.begin(), order.rows.end(), [&](std::int64_t a, std::int64_t b) {
    return std::lexicographical_compare(row(a), row(a) + width, row(b), row(b) + width);
  });
  for (std::int64_t i = 0; i < count; ++i) {
    const Key* here = row(order.rows[i]);
    order.opens[i] = i == 0 || !std::equal(here, here + width, row(order.rows[i - 1]));
    if constexpr (!std::is_integral_v<T>) {  // a NaN, which has the largest key, equals nothing
      constexpr Key kNan = std::numeric_limits<Key>::max();
      order.opens[i] = order.opens[i] || std::find(here, here + width, kNan) != here + width;
    }
  }
  return order;
}

}  // namespace

Unique unique(const Tensor& x, int axis) {
  check_defined("unique", "x", x);
  const int a = normalize_axis("unique", axis, x.shape());
  if (!x.on_cpu()) [[unlikely]]
    return gpu::unique(x, a);
  const Tensor rows = x.moveaxis(a, 0).contiguous();
  const std::int64_t count = rows.shape()[0], width = count == 0 ? 0 : rows.numel() / count;
  const OrderOfRows order = dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    return order_of_rows<T>(rows, count, width);
  });
  const std::int64_t m = std::count(order.opens.begin(), order.opens.end(), true);
  Shape shape = rows.shape();
  shape[0] = m;
  const Tensor values = Tensor::empty(shape, x.dtype());
  const Tensor inverse = Tensor::empty({count}, kInt64), counts = zeros({m}, kInt64);
  const std::size_t bytes = width * size_of(x.dtype());
  const auto* from = static_cast<const std::byte*>(rows.raw_data());
  auto* to = static_cast<std::byte*>(values.raw_data());
  std::int64_t group = -1;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = order.rows[i];
    if (order.opens[i]) std::memcpy(to + ++group * bytes, from + row * bytes, bytes);
    inverse.data<std::int64_t>()[row] = group;
    ++counts.data<std::int64_t>()[group];
  }
  return {values.moveaxis(0, a).contiguous(), inverse, counts};
}

}  // namespace gradus
