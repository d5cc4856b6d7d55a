#pragma once
// The inner loops of element-wise kernels. glibc's vector functions round differently at different
// vector widths, and again differently from the scalar ones. So every element goes through one and
// the same machine loop, compiled once for each formula: rows of other strides are gathered into
// blocks first, ends of rows are padded to a full block. A result depends neither on where in a
// tensor an element stands nor on how the tensor lies in memory.
#include <algorithm>
#include <array>
#include <tuple>

#include "tensor/broadcast.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

inline constexpr int kLanes = 16;
inline constexpr std::int64_t kGathered = 16 * kLanes;  // elements gathered before each run

/// Where the blocks of an operand start: `advance` is kLanes, or 0 to read one block repeatedly.
template <class T>
struct Blocks {
  const T* first;
  std::int64_t advance;
};

/// out = f(in...) for whole blocks. Not inlined, so that no caller gets a loop of its own.
template <class Out, class F, class... T>
[[gnu::noinline]] void run_blocks(std::int64_t blocks, Out* __restrict out, F f, Blocks<T>... in) {
  for (; blocks > 0; --blocks) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) out[lane] = f(in.first[lane]...);
    out += kLanes;
    ((in.first += in.advance), ...);
  }
}

/// An operand along a row: every step-th element; step 0 is one value for all.
template <class T>
class Row {
 public:
  Row(const T* first, std::int64_t step) : first_(first), step_(step) {
    if (step == 0) std::fill_n(gathered_, kLanes, *first);
  }
  /// Elements i .. i + n - 1. Whole blocks of neighbours are read in place.
  Blocks<T> blocks(std::int64_t i, std::int64_t n) {
    if (step_ == 0) return {gathered_, 0};
    if (step_ == 1 && n % kLanes == 0) return {first_ + i, kLanes};
    const T* from = first_ + i * step_;
    for (std::int64_t j = 0; j < n; ++j) gathered_[j] = from[j * step_];
    for (std::int64_t j = n; j % kLanes != 0; ++j) gathered_[j] = gathered_[n - 1];
    return {gathered_, kLanes};
  }

 private:
  const T* first_;
  std::int64_t step_;
  alignas(64) T gathered_[kGathered];
};

/// out[i] = f(in[i]...) for 0 <= i < n. `out` overlaps no operand.
template <class Out, class F, class... T>
inline void run_row(std::int64_t n, Out* out, F f, bool in_place, Row<T>... in) {
  const std::int64_t whole = n - n % kLanes;
  const std::int64_t chunk = in_place ? whole : kGathered;
  std::int64_t i = 0;
  while (i < whole) {
    const std::int64_t count = std::min(chunk, whole - i);
    run_blocks<Out, F, T...>(count / kLanes, out + i, f, in.blocks(i, count)...);
    i += count;
  }
  if (i == n) return;
  Out result[kLanes];
  run_blocks<Out, F, T...>(1, result, f, in.blocks(i, n - i)...);
  std::copy_n(result, n - i, out + i);
}

/// y = f(operands...), with y new, contiguous, of shape `shape`; all operands have type T.
template <class T, class Out, class F, class... Tensors>
Tensor map_elements(const Shape& shape, DType out_dtype, F f, const Tensors&... operands) {
  constexpr int kCount = sizeof...(Tensors);
  Tensor y = Tensor::empty(shape, out_dtype);
  Out* out = static_cast<Out*>(y.raw_data());
  const std::array<const T*, kCount> data{static_cast<const T*>(operands.raw_data())...};
  const LoopPlan<kCount> plan(shape, {&operands...});
  // Operands of neighbours and of single values need no gathering, whatever the length.
  bool in_place = true;
  for (int k = 0; k < kCount; ++k) in_place &= plan.inner(k) == 0 || plan.inner(k) == 1;

  parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) {
    plan.rows(begin, end, [&](const auto& offset, std::int64_t length, std::int64_t position) {
      [&]<std::size_t... k>(std::index_sequence<k...>) {
        run_row(length, out + position, f, in_place, Row<T>(data[k] + offset[k], plan.inner(k))...);
      }
      (std::make_index_sequence<kCount>{});
    });
  });
  return y;
}

}  // namespace gradus::cpu
