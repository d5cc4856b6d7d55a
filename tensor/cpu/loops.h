#pragma once
// The inner loops of element-wise kernels. glibc's vector functions round differently at different
// vector widths, and again differently from the scalar ones. So every element goes through one and
// the same machine loop, compiled once for each formula: what is not in one line is gathered into
// blocks first, ends are padded to a full block. A result depends neither on where in a tensor an
// element stands nor on how the tensor lies in memory.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "tensor/broadcast.h"
#include "tensor/convert.h"
#include "tensor/cpu/transpose.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {

inline constexpr int kLanes = 16;
inline constexpr int kGathered = 16 * kLanes;  // elements gathered before each run

/// An operand cut into blocks of kLanes; with `advance` 0 the first block is read each time.
template <class T>
struct Blocks {
  const T* first = nullptr;
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

/// An operand of any dtype: native ones may be read where they are, others are converted to T
/// while they are gathered.
template <class T>
struct Source {
  explicit Source(const Tensor& x)
      : first(static_cast<const std::byte*>(x.raw_data())),
        size(static_cast<std::int64_t>(size_of(x.dtype()))),
        native(x.dtype() == dtype_of<T>()),
        convert(native ? nullptr : convert_run(x.dtype(), dtype_of<T>())) {}

  /// n elements, `step` apart, from `offset` on.
  void read(std::int64_t offset, std::int64_t step, std::int64_t n, T* to) const {
    if (!native) {
      convert(first + offset * size, step, reinterpret_cast<std::byte*>(to), 1, n);
      return;
    }
    const T* from = at(offset);
    if (step == 1) {
      std::copy_n(from, n, to);
    } else {
      for (std::int64_t i = 0; i < n; ++i) to[i] = from[i * step];
    }
  }
  /// Only when native.
  const T* at(std::int64_t offset) const { return reinterpret_cast<const T*>(first) + offset; }

  const std::byte* first;
  std::int64_t size;
  bool native;
  ConvertRun convert;
};

/// y = f(operands...) for parts of a common shape; y is contiguous and overlaps no operand. The
/// formula takes T and gives Out; operands and y may have other dtypes.
template <class T, class Out, class F, int N>
class ElementLoop {
 public:
  ElementLoop(const LoopPlan<N>& plan, const std::array<Source<T>, N>& in, const Tensor& y, F f)
      : plan_(plan),
        in_(in),
        out_(static_cast<std::byte*>(y.raw_data())),
        out_size_(static_cast<std::int64_t>(size_of(y.dtype()))),
        f_(f) {
    if (y.dtype() != dtype_of<Out>()) convert_ = convert_run(dtype_of<Out>(), y.dtype());
    in_place_ = convert_ == nullptr && plan.shape[plan.shape.rank() - 1] >= 2 * kLanes;
    for (int k = 0; k < N; ++k) {
      in_place_ &= plan.inner(k) == 0 || (plan.inner(k) == 1 && in[k].native);
    }
  }

  void run(std::int64_t begin, std::int64_t end) const {
    if (!in_place_) return gather(begin, end);
    plan_.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
      if (n < kLanes) return gather(position, position + n);
      run_row(offset, n, reinterpret_cast<Out*>(out_) + position, std::make_index_sequence<N>{});
    });
  }

 private:
  template <std::size_t... k>
  void run_blocks_of(std::int64_t blocks, Out* out, const std::array<Blocks<T>, N>& in,
                     std::index_sequence<k...>) const {
    run_blocks<Out, F, std::conditional_t<true, T, std::index_sequence<k>>...>(blocks, out, f_,
                                                                               in[k]...);
  }

  // One row of neighbours and repeated values, n >= kLanes. Its last block may overlap the one
  // before, which computes some elements twice.
  template <std::size_t... k>
  void run_row(const std::array<std::int64_t, N>& offset, std::int64_t n, Out* out,
               std::index_sequence<k...> all) const {
    T repeated[N][kLanes];
    std::array<Blocks<T>, N> in;
    for (int i = 0; i < N; ++i) {
      if (plan_.inner(i) == 1) {
        in[i] = {in_[i].at(offset[i]), kLanes};
      } else {
        in_[i].read(offset[i], 0, kLanes, repeated[i]);
        in[i] = {repeated[i], 0};
      }
    }
    run_blocks_of(n / kLanes, out, in, all);
    if (n % kLanes == 0) return;
    for (auto& blocks : in) blocks.first += blocks.advance == 0 ? 0 : n - kLanes;
    run_blocks_of(1, out + n - kLanes, in, all);
  }

  // Any strides and dtypes, and rows of any length, together.
  void gather(std::int64_t begin, std::int64_t end) const {
    constexpr auto kAll = std::make_index_sequence<N>{};
    alignas(64) T gathered[N][kGathered];
    alignas(64) Out results[kGathered];
    std::array<Blocks<T>, N> in;
    for (int k = 0; k < N; ++k) in[k] = {gathered[k], kLanes};
    for (std::int64_t first = begin; first < end; first += kGathered) {
      const std::int64_t n = std::min<std::int64_t>(kGathered, end - first);
      plan_.rows(first, first + n, [&](const auto& offset, std::int64_t m, std::int64_t position) {
        for (int k = 0; k < N; ++k) {
          in_[k].read(offset[k], plan_.inner(k), m, gathered[k] + (position - first));
        }
      });
      const std::int64_t whole = n - n % kLanes, padded = whole + (whole < n ? kLanes : 0);
      for (auto& operand : gathered) std::fill(operand + n, operand + padded, operand[n - 1]);
      if (convert_ == nullptr && whole == n) {
        run_blocks_of(n / kLanes, reinterpret_cast<Out*>(out_) + first, in, kAll);
        continue;
      }
      run_blocks_of(padded / kLanes, results, in, kAll);
      if (convert_ == nullptr) {
        std::copy_n(results, n, reinterpret_cast<Out*>(out_) + first);
      } else {
        convert_(reinterpret_cast<const std::byte*>(results), 1, out_ + first * out_size_, 1, n);
      }
    }
  }

  const LoopPlan<N>& plan_;
  std::array<Source<T>, N> in_;
  std::byte* out_;
  std::int64_t out_size_;
  ConvertRun convert_ = nullptr;
  F f_;
  bool in_place_;
};

inline constexpr std::int64_t kLargeLoop = 1 << 16;

/// y = f(operands...), with y new, contiguous, of shape `shape`. f computes with T; operands and y
/// of other dtypes are converted on the way.
template <class T, class Out, class F, class... Tensors>
Tensor map_elements(const Shape& shape, DType out_dtype, F f, const Tensors&... operands) {
  constexpr int kCount = sizeof...(Tensors);
  const LoopPlan<kCount> plan(shape, {&operands...});
  // Large operands are transposed faster by themselves than while a loop gathers them.
  if (numel(shape) >= kLargeLoop) {
    for (int k = 0; k < kCount; ++k) {
      if (!is_transposed(plan, k)) continue;
      k = 0;
      const std::array<Tensor, kCount> in_order{
          (is_transposed(plan, k++) ? operands.contiguous() : operands)...};
      return std::apply(
          [&](const auto&... x) { return map_elements<T, Out>(shape, out_dtype, f, x...); },
          in_order);
    }
  }
  Tensor y = Tensor::empty(shape, out_dtype);
  const ElementLoop<T, Out, F, kCount> loop(plan, {Source<T>(operands)...}, y, f);
  parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) { loop.run(begin, end); });
  return y;
}

}  // namespace gradus::cpu
