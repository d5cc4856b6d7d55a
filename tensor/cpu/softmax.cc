#include "tensor/softmax.h"

#include <algorithm>

#include "tensor/cpu/reduce_door.h"
#include "tensor/math.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// One line of n elements; y may not overlap x.
template <bool kLog, class T>
void line(const T* x, T* y, std::int64_t n) {
  T largest = x[0];
  for (std::int64_t i = 1; i < n; ++i) largest = larger(largest, x[i]);
  for (std::int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - largest);
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += static_cast<double>(y[i]);
  if constexpr (kLog) {
    const double log_total = ::log(total);
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] = static_cast<T>(static_cast<double>(x[i] - largest) - log_total);
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(static_cast<double>(y[i]) / total);
  }
}

template <bool kLog>
Tensor along(std::string_view op, const Tensor& x, int axis) {
  check_defined(op, "x", x);
  axis = normalize_line_axis(op, axis, x.shape());
  const DType dtype = cpu::floating_compute_dtype(x), result = cpu::floating_result_dtype(x);
  const bool moved = x.rank() > 1 && axis != x.rank() - 1;
  const Tensor from = (moved ? x.moveaxis(axis, -1) : x).to(dtype).contiguous();
  const Tensor y = Tensor::empty(from.shape(), dtype);
  const std::int64_t n = from.rank() == 0 ? 1 : from.dim(-1);
  const std::int64_t lines = n == 0 ? 0 : from.numel() / n;
  dispatch_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T* in = from.data<T>();
    T* out = y.data<T>();
    const std::int64_t some = std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, n));
    parallel_for((lines + some - 1) / some, [&](std::int64_t piece) {
      for (std::int64_t i = piece * some; i < std::min(lines, (piece + 1) * some); ++i) {
        line<kLog>(in + i * n, out + i * n, n);
      }
    });
  });
  return (moved ? y.moveaxis(-1, axis).contiguous() : y).to(result);
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) { return along<false>("softmax", x, axis); }

Tensor log_softmax(const Tensor& x, int axis) { return along<true>("log_softmax", x, axis); }

}  // namespace gradus
