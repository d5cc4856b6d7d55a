#pragma once
// The inner loops of element-wise kernels. Every element goes through the same vector code, the
// ends of rows too (they are padded to a full block), so that a result does not depend on where in
// a tensor an element stands.
#include <array>
#include <tuple>

#include "tensor/broadcast.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

inline constexpr int kLanes = 16;

/// How an operand is read along a row: neighbours, one value for all, or every step-th element.
template <class T>
struct Dense {
  using Value = T;
  const T* first;
  T operator[](std::int64_t i) const { return first[i]; }
};
template <class T>
struct Same {
  using Value = T;
  T value;
  T operator[](std::int64_t) const { return value; }
};
template <class T>
struct Strided {
  using Value = T;
  const T* first;
  std::int64_t step;
  T operator[](std::int64_t i) const { return first[i * step]; }
};

/// out[i] = f(in[i]...) for 0 <= i < n. `out` overlaps no operand.
template <class Out, class F, class... In>
inline void run_row(std::int64_t n, Out* __restrict out, F f, In... in) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) out[i + lane] = f(in[i + lane]...);
  }
  if (i == n) return;
  const auto padded = [&]<class A>(const A& a) {
    std::array<typename A::Value, kLanes> block;
    for (int lane = 0; lane < kLanes; ++lane) block[lane] = a[i + lane < n ? i + lane : n - 1];
    return block;
  };
  const std::tuple blocks{padded(in)...};
  std::array<Out, kLanes> result;
  std::apply(
      [&](const auto&... block) {
        for (int lane = 0; lane < kLanes; ++lane) result[lane] = f(block[lane]...);
      },
      blocks);
  for (int lane = 0; i + lane < n; ++lane) out[i + lane] = result[lane];
}

/// y = f(operands...), with y new, contiguous, of shape `shape`; all operands have type T.
template <class T, class Out, class F, class... Tensors>
Tensor map_elements(const Shape& shape, DType out_dtype, F f, const Tensors&... operands) {
  constexpr int kCount = sizeof...(Tensors);
  Tensor y = Tensor::empty(shape, out_dtype);
  Out* out = static_cast<Out*>(y.raw_data());
  const std::int64_t n = y.numel();
  const std::array<const T*, kCount> data{static_cast<const T*>(operands.raw_data())...};
  const auto indices = std::make_index_sequence<kCount>{};

  if (((operands.shape() == shape && operands.is_contiguous()) && ...)) {
    parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
      [&]<std::size_t... k>(std::index_sequence<k...>) {
        run_row(end - begin, out + begin, f, Dense<T>{data[k] + begin}...);
      }(indices);
    });
    return y;
  }

  const LoopPlan<kCount> plan(shape, {&operands...});
  const auto is = [&](int k, std::int64_t step) { return plan.inner(k) == step; };
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    plan.rows(begin, end, [&](const auto& offset, std::int64_t length, std::int64_t position) {
      Out* row = out + position;
      // The usual patterns of broadcasting get loops that vectorise.
      if constexpr (kCount == 2) {
        const T *a = data[0] + offset[0], *b = data[1] + offset[1];
        if (is(0, 1) && is(1, 1)) return run_row(length, row, f, Dense<T>{a}, Dense<T>{b});
        if (is(0, 1) && is(1, 0)) return run_row(length, row, f, Dense<T>{a}, Same<T>{*b});
        if (is(0, 0) && is(1, 1)) return run_row(length, row, f, Same<T>{*a}, Dense<T>{b});
      }
      [&]<std::size_t... k>(std::index_sequence<k...>) {
        run_row(length, row, f, Strided<T>{data[k] + offset[k], plan.inner(k)}...);
      }(indices);
    });
  });
  return y;
}

}  // namespace gradus::cpu
