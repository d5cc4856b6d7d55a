#include "tensor/convert.h"

#include <cstring>
#include <string>

#include "tensor/broadcast.h"
#include "tensor/cpu/transpose.h"
#include "tensor/cuda/ops/copy.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

template <class From, class To>
void convert(const std::byte* from, std::int64_t step_from, std::byte* to, std::int64_t step_to,
             std::int64_t n) {
  const auto* __restrict a = reinterpret_cast<const From*>(from);
  auto* __restrict b = reinterpret_cast<To*>(to);
  if (step_from == 1 && step_to == 1) {
    if constexpr (std::is_same_v<From, To>) {
      std::memcpy(to, from, n * sizeof(From));
    } else {
      for (std::int64_t i = 0; i < n; ++i) b[i] = convert_to<To>(a[i]);
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) b[i * step_to] = convert_to<To>(a[i * step_from]);
  }
}

constexpr std::int64_t kSmallCopy = 256;  // elements for which any order is fast

// Position of the first of n elements that To cannot hold, or n.
template <class From, class To>
std::int64_t first_misfit(const From* from, std::int64_t step, std::int64_t n) {
  bool all = true;
  for (std::int64_t i = 0; i < n; ++i) all &= fits<To>(from[i * step]);
  if (all) return n;
  std::int64_t i = 0;
  while (fits<To>(from[i * step])) ++i;
  return i;
}

template <class To>
[[noreturn]] void throw_misfit(std::string_view op, const Tensor& x, std::int64_t position) {
  Dims index = Dims::filled(x.rank(), 0);
  Tensor element = x;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    index[axis] = position % x.shape()[axis];
    position /= x.shape()[axis];
    element = element.select(axis, index[axis]);
  }
  const std::string value =
      is_floating(x.dtype())
          ? to_text(element.item())
          : std::to_string(*static_cast<const std::int64_t*>(element.to(kInt64).raw_data()));
  throw DTypeError("[" + std::string(op) + "] x: " + value + " at " + to_string(index) +
                   " has no " + std::string(name(dtype_of<To>())) + "; expected " +
                   std::to_string(std::numeric_limits<To>::min()) + ".." +
                   std::to_string(std::numeric_limits<To>::max()) + "; use clamp, or Cast::kWrap");
}

template <class From, class To>
void check_fits(std::string_view op, const Tensor& x) {
  if (x.numel() == 0) return;
  const LoopPlan<1> plan(x.shape(), {&x});
  const From* from = static_cast<const From*>(x.raw_data());
  // Pieces report positions by exceptions of their own; the lowest piece's is the one that leaves.
  parallel_pieces(x.numel(), [&](std::int64_t begin, std::int64_t end) {
    plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
      const std::int64_t i = first_misfit<From, To>(from + offset[0], plan.inner(0), n);
      if (i < n) throw_misfit<To>(op, x, position + i);
    });
  });
}

}  // namespace

ConvertRun convert_run(DType from, DType to) {
  return dispatch(from, [&]<class From>(std::type_identity<From>) {
    return dispatch(
        to, []<class To>(std::type_identity<To>) -> ConvertRun { return &convert<From, To>; });
  });
}

void convert_elements(std::string_view op, const Tensor& source, const Tensor& y, Cast cast) {
  if (!source.on_cpu() || !y.on_cpu()) [[unlikely]] {
    return gpu::convert_elements(op, source, y, cast);
  }
  const DType from = source.dtype(), to = y.dtype();
  if (cast == Cast::kChecked && is_integral(to) && from != to && from != kBool) {
    dispatch(from, [&]<class From>(std::type_identity<From>) {
      dispatch(to, [&]<class To>(std::type_identity<To>) {
        if constexpr (std::is_integral_v<To> && !std::is_same_v<From, To>) {
          check_fits<From, To>(op, source);
        }
      });
    });
  }
  const ConvertRun run = convert_run(from, to);
  const auto* first = static_cast<const std::byte*>(source.raw_data());
  auto* out = static_cast<std::byte*>(y.raw_data());
  const std::int64_t size_from = size_of(from), size_to = size_of(to);
  const LoopPlan<2> plan(y.shape(), {&source, &y});
  if (from == to && y.numel() >= kSmallCopy && plan.inner(1) == 1 && cpu::is_transposed(plan, 0)) {
    return cpu::copy_transposed(plan, first, out, size_to);
  }
  parallel_pieces(y.numel(), [&](std::int64_t begin, std::int64_t end) {
    plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t) {
      run(first + offset[0] * size_from, plan.inner(0), out + offset[1] * size_to, plan.inner(1),
          n);
    });
  });
}

}  // namespace gradus
