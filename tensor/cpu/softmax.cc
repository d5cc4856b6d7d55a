// Softmax and its logarithm. A line is read in blocks of kLanes elements: element i adds to partial
// sum i % kLanes of its piece. Where the axis is not the last one, or short, kLanes lines are
// computed side by side instead, with the same partial sums. Every exp goes through one machine
// loop (see loops.h), ends are padded with -inf, which adds exp(-inf) = 0.
#include "tensor/softmax.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tensor/cpu/loops.h"
#include "tensor/cpu/reduce.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cpu/vectors.h"
#include "tensor/cuda/ops/rows.h"

namespace gradus {
namespace {

using cpu::kLanes;

constexpr std::int64_t kSideBySide = 8192;  // longer lines would not stay in the cache together
constexpr std::int64_t kFewLines = 8;       // long ones, whose pieces threads share one by one
template <class T>
constexpr T kNone = -std::numeric_limits<T>::infinity();

// The larger of each of kLanes numbers and those of `blocks` blocks; NaN if one is.
template <class T>
void take_largest(const T* x, std::int64_t blocks, T* largest) {
  using Vector = cpu::reduction::Vector<T>;
  constexpr int kWidth = sizeof(Vector) / sizeof(T), kVectors = kLanes / kWidth;
  Vector most[kVectors];
  for (int v = 0; v < kVectors; ++v) most[v] = cpu::load<Vector>(largest + v * kWidth);
  for (std::int64_t block = 0; block < blocks; ++block, x += kLanes) {
    for (int v = 0; v < kVectors; ++v) {
      most[v] = cpu::reduction::Larger{}(most[v], cpu::load<Vector>(x + v * kWidth));
    }
  }
  for (int v = 0; v < kVectors; ++v) cpu::store(most[v], largest + v * kWidth);
}

// e = exp(x - largest) for whole blocks, added to kLanes sums: to those of row block % rows.
template <class T>
[[gnu::noinline]] void take_exp(const T* x, std::int64_t blocks, const T* largest, T* e,
                                std::int64_t e_step, double* sums, std::int64_t rows) {
  for (std::int64_t block = 0; block < blocks; ++block, x += kLanes, e += e_step) {
    double* row = sums + block % rows * kLanes;
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) {
      const T power = exp(x[lane] - largest[lane]);
      e[lane] = power;
      row[lane] += static_cast<double>(power);
    }
  }
}

// From sums of exp(x - largest) to the results of whole blocks; x stands for exp(x - largest) if
// not kLog.
template <bool kLog, class T>
void finish(const T* x, std::int64_t blocks, const T* largest, const T* total, T* y) {
  for (std::int64_t block = 0; block < blocks; ++block, x += kLanes, y += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) {
      y[lane] = kLog ? (x[lane] - largest[lane]) - total[lane] : x[lane] / total[lane];
    }
  }
}

template <bool kLog, class T>
T total_of(double sum) {
  return static_cast<T>(kLog ? ::log(sum) : sum);
}

// A line of n neighbours, in pieces; y may be x.
template <bool kLog, class T>
class Row {
 public:
  Row(const T* x, T* y, std::int64_t n) : x_(x), y_(y), n_(n) {}

  void run() const {
    const std::int64_t pieces = (n_ + kPieceSize - 1) / kPieceSize;
    if (pieces == 1) {
      const T largest = largest_of(0, n_);
      return finish_piece(0, n_, largest, total_of<kLog, T>(sum_of(0, n_, largest)));
    }
    const auto each = [&](auto f) {
      parallel_for(pieces, [&](std::int64_t piece) {
        f(piece, piece * kPieceSize, std::min(n_, (piece + 1) * kPieceSize));
      });
    };
    const Tensor parts = Tensor::empty({pieces}, dtype_of<T>());
    const Tensor sums = Tensor::empty({pieces}, kFloat64);
    T* part = parts.data<T>();
    each([&](std::int64_t i, std::int64_t begin, std::int64_t end) {
      part[i] = largest_of(begin, end);
    });
    const T largest = std::accumulate(part + 1, part + pieces, part[0], larger<T>);
    double* sum = sums.data<double>();
    each([&](std::int64_t i, std::int64_t begin, std::int64_t end) {
      sum[i] = sum_of(begin, end, largest);
    });
    const T total = total_of<kLog, T>(std::accumulate(sum, sum + pieces, 0.0));
    each([&](std::int64_t, std::int64_t begin, std::int64_t end) {
      finish_piece(begin, end, largest, total);
    });
  }

 private:
  // The end of a piece as a block.
  struct Rest {
    Rest(const T* x, std::int64_t n) : n(n) {
      std::fill(std::copy_n(x, n, values), values + kLanes, kNone<T>);
    }
    std::int64_t n;
    alignas(64) T values[kLanes];
  };

  T largest_of(std::int64_t begin, std::int64_t end) const {
    alignas(64) T largest[kLanes];
    std::fill_n(largest, kLanes, kNone<T>);
    const std::int64_t blocks = (end - begin) / kLanes;
    take_largest(x_ + begin, blocks, largest);
    const Rest rest(x_ + begin + blocks * kLanes, (end - begin) % kLanes);
    take_largest(rest.values, 1, largest);
    return std::accumulate(largest + 1, largest + kLanes, largest[0], larger<T>);
  }

  double sum_of(std::int64_t begin, std::int64_t end, T most) const {
    alignas(64) T largest[kLanes], dropped[kLanes];
    alignas(64) double sums[kLanes] = {};
    std::fill_n(largest, kLanes, most);
    const std::int64_t blocks = (end - begin) / kLanes, last = begin + blocks * kLanes;
    Rest rest(x_ + last, end - last);
    take_exp(x_ + begin, blocks, largest, kLog ? dropped : y_ + begin, kLog ? 0 : kLanes, sums, 1);
    if (rest.n > 0) take_exp(rest.values, 1, largest, kLog ? dropped : rest.values, 0, sums, 1);
    if (!kLog) std::copy_n(rest.values, rest.n, y_ + last);
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    }
    return sums[0];
  }

  void finish_piece(std::int64_t begin, std::int64_t end, T most, T sum) const {
    alignas(64) T largest[kLanes], total[kLanes];
    std::fill_n(largest, kLanes, most);
    std::fill_n(total, kLanes, sum);
    const T* from = kLog ? x_ : y_;
    const std::int64_t blocks = (end - begin) / kLanes, last = begin + blocks * kLanes;
    Rest rest(from + last, end - last);
    finish<kLog>(from + begin, blocks, largest, total, y_ + begin);
    finish<kLog>(rest.values, 1, largest, total, rest.values);
    std::copy_n(rest.values, rest.n, y_ + last);
  }

  const T* x_;
  T* y_;
  std::int64_t n_;
};

// kLanes lines side by side, fewer at the end; y may be x. Line k starts at
// k / inner * n * inner + k % inner, its elements are `inner` apart. block: n * kLanes numbers.
template <bool kLog, class T>
void side_by_side(const T* x, T* y, std::int64_t first, int count, std::int64_t n,
                  std::int64_t inner, T* block) {
  std::int64_t start[kLanes];
  for (int lane = 0; lane < count; ++lane) {
    const std::int64_t line = first + lane;
    start[lane] = line / inner * n * inner + line % inner;
  }
  const bool neighbours = count == kLanes && start[kLanes - 1] == start[0] + kLanes - 1;
  if (neighbours) {
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy_n(x + start[0] + i * inner, kLanes, block + i * kLanes);
    }
  } else {
    if (count < kLanes) std::fill_n(block, n * kLanes, T(0));
    for (int lane = 0; lane < count; ++lane) {
      for (std::int64_t i = 0; i < n; ++i) block[i * kLanes + lane] = x[start[lane] + i * inner];
    }
  }
  alignas(64) T largest[kLanes], total[kLanes], dropped[kLanes];
  alignas(64) double sums[kLanes * kLanes] = {};
  std::fill_n(largest, kLanes, kNone<T>);
  take_largest(block, n, largest);
  take_exp(block, n, largest, kLog ? dropped : block, kLog ? 0 : kLanes, sums, kLanes);
  for (int half = kLanes * kLanes / 2; half >= kLanes; half /= 2) {
    for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
  for (int lane = 0; lane < kLanes; ++lane) total[lane] = total_of<kLog, T>(sums[lane]);
  finish<kLog>(block, n, largest, total, block);
  if (neighbours) {
    for (std::int64_t i = 0; i < n; ++i) {
      std::copy_n(block + i * kLanes, kLanes, y + start[0] + i * inner);
    }
  } else {
    for (int lane = 0; lane < count; ++lane) {
      for (std::int64_t i = 0; i < n; ++i) y[start[lane] + i * inner] = block[i * kLanes + lane];
    }
  }
}

// All lines of row-major x, whose elements are `inner` apart.
template <bool kLog, class T>
void all_lines(const T* x, T* y, std::int64_t lines, std::int64_t n, std::int64_t inner) {
  if (inner == 1 && n > kPieceSize && lines < kFewLines) {
    for (std::int64_t i = 0; i < lines; ++i) Row<kLog, T>(x + i * n, y + i * n, n).run();
    return;
  }
  const bool rows = inner == 1 && n > 2 * kLanes;
  const std::int64_t together = rows ? 1 : kLanes;
  const std::int64_t each = std::max<std::int64_t>(1, kPieceSize / (n * together)) * together;
  parallel_for((lines + each - 1) / each, [&](std::int64_t piece) {
    const std::int64_t begin = piece * each, end = std::min(lines, begin + each);
    if (rows) {
      for (std::int64_t i = begin; i < end; ++i) Row<kLog, T>(x + i * n, y + i * n, n).run();
      return;
    }
    alignas(64) T few[2 * kLanes * kLanes];
    Tensor many;
    if (n > 2 * kLanes) many = Tensor::empty({n, kLanes}, dtype_of<T>());
    T* block = many.defined() ? many.data<T>() : few;
    for (std::int64_t i = begin; i < end; i += kLanes) {
      const int count = static_cast<int>(std::min<std::int64_t>(kLanes, end - i));
      side_by_side<kLog>(x, y, i, count, n, inner, block);
    }
  });
}

template <bool kLog>
Tensor along(std::string_view op, const Tensor& x, int axis) {
  check_defined(op, "x", x);
  axis = normalize_line_axis(op, axis, x.shape());
  const DType dtype = cpu::floating_compute_dtype(x), result = cpu::floating_result_dtype(x);
  const std::int64_t n = x.rank() == 0 ? 1 : x.dim(axis);
  const bool last = x.rank() == 0 || axis == x.rank() - 1;
  const bool moved = !last && (n > kSideBySide || !x.on_cpu());
  const Tensor from = (moved ? x.moveaxis(axis, -1) : x).to(dtype).contiguous();
  // What was made for this alone may be overwritten.
  const Tensor y =
      from.shares_storage_with(x) ? Tensor::empty(from.shape(), dtype, x.device()) : from;
  if (!x.on_cpu()) [[unlikely]] {
    if (y.numel() > 0) gpu::softmax(kLog, from, y, n);
  } else if (y.numel() > 0) {
    std::int64_t inner = 1;
    for (int i = x.rank() - 1; !moved && i > axis; --i) inner *= x.shape()[i];
    dispatch_floating(dtype, [&](auto type) {
      using T = typename decltype(type)::type;
      all_lines<kLog>(from.data<T>(), y.data<T>(), y.numel() / n, n, inner);
    });
  }
  return (moved ? y.moveaxis(-1, axis).contiguous() : y).to(result);
}

// dx of y = softmax(x) along lines of n neighbours, in place of dy.
template <class T>
void gradient_of_row(const T* y, T* dy, std::int64_t n) {
  alignas(64) double sums[kLanes] = {};
  const std::int64_t whole = n - n % kLanes;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<double>(y[i + lane]) * static_cast<double>(dy[i + lane]);
    }
  }
  for (std::int64_t i = whole; i < n; ++i) {
    sums[i - whole] += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
  }
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  const T sum = static_cast<T>(sums[0]);
  for (std::int64_t i = 0; i < n; ++i) dy[i] = y[i] * (dy[i] - sum);
}

}  // namespace

Tensor softmax_backward(const Tensor& y, const Tensor& dy, int axis) {
  const DType dtype = compute_dtype(y.dtype());
  axis = normalize_line_axis("softmax", axis, y.shape());
  const bool moved = y.rank() > 1 && axis != y.rank() - 1;
  const auto in_lines = [&](const Tensor& x) {
    return (moved ? x.moveaxis(axis, -1) : x).to(dtype);
  };
  const Tensor from = in_lines(y).contiguous(), dx = in_lines(dy).clone();
  const std::int64_t n = dx.rank() == 0 ? 1 : dx.dim(-1);
  if (!y.on_cpu()) [[unlikely]] {
    if (dx.numel() > 0) gpu::softmax_backward(from, dx, dx, n);
    return (moved ? dx.moveaxis(-1, axis).contiguous() : dx).to(y.dtype());
  }
  const std::int64_t lines = n == 0 ? 0 : dx.numel() / n;
  const std::int64_t each = std::max<std::int64_t>(1, kPieceSize / std::max<std::int64_t>(1, n));
  dispatch_floating(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    parallel_for((lines + each - 1) / each, [&](std::int64_t piece) {
      for (std::int64_t i = piece * each; i < std::min(lines, (piece + 1) * each); ++i) {
        gradient_of_row(from.data<T>() + i * n, dx.data<T>() + i * n, n);
      }
    });
  });
  return (moved ? dx.moveaxis(-1, axis).contiguous() : dx).to(y.dtype());
}

Tensor softmax(const Tensor& x, int axis) { return along<false>("softmax", x, axis); }

Tensor log_softmax(const Tensor& x, int axis) { return along<true>("log_softmax", x, axis); }

}  // namespace gradus
