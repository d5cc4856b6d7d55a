#pragma once
// The inner loops of element-wise kernels. glibc's vector functions round differently at different
// vector widths, and again differently from the scalar ones. So every element goes through one and
// the same machine loop, compiled once for each formula: what is not in one line is gathered into
// blocks first, ends are padded to a full block. A result depends neither on where in a tensor an
// element stands nor on how the tensor lies in memory.
#include <algorithm>
#include <array>
#include <utility>

#include "tensor/broadcast.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

inline constexpr int kLanes = 16;
inline constexpr int kGathered = 16 * kLanes;  // elements gathered before each run

/// An operand cut into blocks of kLanes; with `advance` 0 the first block is read each time.
template <class T>
struct Blocks {
  const T* first;
  std::int64_t advance = kLanes;
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

/// y = f(operands...) for parts of a common shape; y is contiguous and overlaps no operand.
template <class T, class Out, class F, int N>
class ElementLoop {
 public:
  ElementLoop(const LoopPlan<N>& plan, const std::array<const T*, N>& data, Out* out, F f)
      : plan_(plan), data_(data), out_(out), f_(f) {
    in_place_ = plan.shape[plan.shape.rank() - 1] >= 2 * kLanes;
    for (int k = 0; k < N; ++k) in_place_ &= plan.inner(k) == 0 || plan.inner(k) == 1;
  }

  void run(std::int64_t begin, std::int64_t end) const {
    if (!in_place_) return gather(begin, end);
    plan_.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
      if (n < kLanes) return gather(position, position + n);
      run_row(offset, n, out_ + position, std::make_index_sequence<N>{});
    });
  }

 private:
  // One row of neighbours and repeated values, n >= kLanes. Its last block may overlap the one
  // before, which computes some elements twice.
  template <std::size_t... k>
  void run_row(const std::array<std::int64_t, N>& offset, std::int64_t n, Out* out,
               std::index_sequence<k...>) const {
    T repeated[N][kLanes];
    Blocks<T> in[N];
    for (int i = 0; i < N; ++i) {
      in[i].first = data_[i] + offset[i];
      if (plan_.inner(i) == 1) continue;
      std::fill_n(repeated[i], kLanes, *in[i].first);
      in[i] = {repeated[i], 0};
    }
    run_blocks<Out, F, std::conditional_t<true, T, std::index_sequence<k>>...>(n / kLanes, out, f_,
                                                                               in[k]...);
    if (n % kLanes == 0) return;
    for (auto& blocks : in) blocks.first += blocks.advance == 0 ? 0 : n - kLanes;
    run_blocks<Out, F, std::conditional_t<true, T, std::index_sequence<k>>...>(1, out + n - kLanes,
                                                                               f_, in[k]...);
  }

  // Any strides, and rows of any length, together.
  void gather(std::int64_t begin, std::int64_t end) const {
    alignas(64) T gathered[N][kGathered];
    for (std::int64_t first = begin; first < end; first += kGathered) {
      const std::int64_t n = std::min<std::int64_t>(kGathered, end - first);
      plan_.rows(first, first + n, [&](const auto& offset, std::int64_t m, std::int64_t position) {
        for (int k = 0; k < N; ++k) {
          const T* from = data_[k] + offset[k];
          const std::int64_t step = plan_.inner(k);
          T* to = gathered[k] + (position - first);
          if (step == 1) {
            std::copy_n(from, m, to);
          } else {
            for (std::int64_t i = 0; i < m; ++i) to[i] = from[i * step];
          }
        }
      });
      run_gathered(gathered, n, out_ + first, std::make_index_sequence<N>{});
    }
  }

  template <std::size_t... k>
  void run_gathered(T (&gathered)[N][kGathered], std::int64_t n, Out* out,
                    std::index_sequence<k...>) const {
    const std::int64_t whole = n - n % kLanes;
    run_blocks<Out, F, std::conditional_t<true, T, std::index_sequence<k>>...>(
        n / kLanes, out, f_, Blocks<T>{gathered[k]}...);
    if (n == whole) return;
    for (auto& operand : gathered) std::fill(operand + n, operand + whole + kLanes, operand[n - 1]);
    Out last[kLanes];
    run_blocks<Out, F, std::conditional_t<true, T, std::index_sequence<k>>...>(
        1, last, f_, Blocks<T>{gathered[k] + whole}...);
    std::copy_n(last, n - whole, out + whole);
  }

  const LoopPlan<N>& plan_;
  std::array<const T*, N> data_;
  Out* out_;
  F f_;
  bool in_place_;
};

/// y = f(operands...), with y new, contiguous, of shape `shape`; all operands have type T.
template <class T, class Out, class F, class... Tensors>
Tensor map_elements(const Shape& shape, DType out_dtype, F f, const Tensors&... operands) {
  constexpr int kCount = sizeof...(Tensors);
  Tensor y = Tensor::empty(shape, out_dtype);
  const LoopPlan<kCount> plan(shape, {&operands...});
  const ElementLoop<T, Out, F, kCount> loop(plan, {static_cast<const T*>(operands.raw_data())...},
                                            static_cast<Out*>(y.raw_data()), f);
  parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) { loop.run(begin, end); });
  return y;
}

}  // namespace gradus::cpu
