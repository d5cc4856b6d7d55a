#include "tensor/scan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tensor/assemble.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cuda/ops/scan.h"
#include "tensor/elementwise/not_equal.h"
#include "tensor/elementwise/sub.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

constexpr std::int64_t kScanPiece = 4096;
constexpr std::int64_t kColumns = 32;      // neighbouring lines that are scanned together
constexpr std::int64_t kSerialTasks = 16;  // fewer groups of lines are cut into pieces

/// Elements as lines along an axis: x[(o * n + i) * inner + c] is element i of line (o, c).
struct Lines {
  std::int64_t outer = 1, n = 1, inner = 1;

  Lines(const Shape& shape, int axis) {
    for (int i = 0; i < shape.rank(); ++i) (i < axis ? outer : i == axis ? n : inner) *= shape[i];
  }
};

/// An operation of a scan has a State, makes one of an element, combines two that follow each
/// other (associative but for rounding), and writes one as the result at a position.
template <class Op, bool kOneColumn>
class Scan {
 public:
  using State = typename Op::State;
  Scan(const Lines& lines, Op op)
      : l_(lines), op_(op), columns_(kOneColumn ? 1 : std::min(kColumns, lines.inner)) {
    chunks_ = (l_.inner + columns_ - 1) / columns_;
    pieces_ = (l_.n + kScanPiece - 1) / kScanPiece;
  }

  void run() const {
    const std::int64_t tasks = l_.outer * chunks_;
    if (pieces_ == 1 || tasks >= kSerialTasks) {
      const std::int64_t per_piece = std::max<std::int64_t>(1, kPieceSize / (l_.n * columns_));
      parallel_for((tasks + per_piece - 1) / per_piece, [&](std::int64_t p) {
        for (std::int64_t t = p * per_piece; t < std::min(tasks, (p + 1) * per_piece); ++t) {
          State before[kColumns];
          for (std::int64_t piece = 0; piece < pieces_; ++piece) {
            piece_of<true>(t, piece, piece == 0 ? nullptr : before, before);
          }
        }
      });
      return;
    }
    // Totals of the pieces first; then each piece knows what comes before it.
    std::vector<State> totals(tasks * pieces_ * columns_);
    const auto total = [&](std::int64_t t, std::int64_t piece) {
      return totals.data() + (t * pieces_ + piece) * columns_;
    };
    parallel_for(tasks * pieces_, [&](std::int64_t i) {
      piece_of<false>(i / pieces_, i % pieces_, nullptr, total(i / pieces_, i % pieces_));
    });
    for (std::int64_t t = 0; t < tasks; ++t) {
      for (std::int64_t piece = 1; piece < pieces_; ++piece) {
        State* here = total(t, piece);
        for (std::int64_t c = 0; c < columns_of(t); ++c) {
          here[c] = op_.combine(total(t, piece - 1)[c], here[c]);
        }
      }
    }
    parallel_for(tasks * pieces_, [&](std::int64_t i) {
      const std::int64_t t = i / pieces_, piece = i % pieces_;
      State unused[kColumns];
      piece_of<true>(t, piece, piece == 0 ? nullptr : total(t, piece - 1), unused);
    });
  }

 private:
  std::int64_t columns_of(std::int64_t task) const {
    return std::min(columns_, l_.inner - task % chunks_ * columns_);
  }

  /// Scans one piece of the lines of a task; `before` is what precedes it, if anything. Leaves the
  /// state at its end, `before` included, in `after`, which may be the same array.
  template <bool kWrite>
  void piece_of(std::int64_t task, std::int64_t piece, const State* before, State* after) const {
    const std::int64_t count = kOneColumn ? 1 : columns_of(task);
    const std::int64_t base = task / chunks_ * l_.n * l_.inner + task % chunks_ * columns_;
    const std::int64_t begin = piece * kScanPiece, end = std::min(l_.n, begin + kScanPiece);
    State state[kColumns];
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t at = base + i * l_.inner;
      for (std::int64_t c = 0; c < count; ++c) {
        const State here = op_.start(at + c, i);
        state[c] = i == begin ? here : op_.combine(state[c], here);
        if (!kWrite) continue;
        op_.write(at + c, before == nullptr ? state[c] : op_.combine(before[c], state[c]));
      }
    }
    for (std::int64_t c = 0; c < count; ++c) {
      after[c] = before == nullptr ? state[c] : op_.combine(before[c], state[c]);
    }
  }

  Lines l_;
  Op op_;
  std::int64_t columns_, chunks_, pieces_;
};

template <class Op>
void scan(const Lines& lines, Op op) {
  if (lines.inner == 1) {
    Scan<Op, true>(lines, op).run();
  } else {
    Scan<Op, false>(lines, op).run();
  }
}

/// Whole numbers in uint64, which wraps, floating ones in double.
template <class T>
using Accumulator = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

template <class T>
struct Sum {
  using State = Accumulator<T>;
  const T* x;
  T* y;
  State start(std::int64_t at, std::int64_t) const { return static_cast<State>(x[at]); }
  State combine(State a, State b) const { return a + b; }
  void write(std::int64_t at, State s) const { y[at] = static_cast<T>(s); }
};

template <class T>
struct Product : Sum<T> {
  using State = Accumulator<T>;
  State combine(State a, State b) const { return a * b; }
};

// Not inlined: vector forms of exp and log1p would round differently from the scalar ones, and
// which elements get them would depend on the neighbours.
[[gnu::noinline]] double log_add_exp(double a, double b) {
  const double high = larger(a, b), low = a < b ? a : b;
  if (std::isinf(high) || std::isnan(high)) return high;
  return high + std::log1p(std::exp(low - high));
}

template <class T>
struct LogSum : Sum<T> {
  using State = double;
  State combine(State a, State b) const { return log_add_exp(a, b); }
  State start(std::int64_t at, std::int64_t) const { return static_cast<State>(this->x[at]); }
  void write(std::int64_t at, State s) const { this->y[at] = static_cast<T>(s); }
};

template <class T>
struct Place {
  T value;
  std::int64_t index;
};

template <class T, bool kLargest>
struct Extreme {
  using State = Place<T>;
  const T* x;
  T* y;
  std::int64_t* indices;
  State start(std::int64_t at, std::int64_t i) const { return {x[at], i}; }
  State combine(State a, State b) const {
    const bool not_worse = kLargest ? b.value >= a.value : b.value <= a.value;
    return (b.value != b.value) | ((a.value == a.value) & not_worse) ? b : a;
  }
  void write(std::int64_t at, State s) const {
    y[at] = s.value;
    indices[at] = s.index;
  }
};

/// Runs Op over a contiguous copy of x in `dtype`; the result has that dtype too.
template <template <class> class Op>
Tensor scan_to(gpu::Running there, const Tensor& x, int axis, DType dtype) {
  if (!x.on_cpu()) [[unlikely]]
    return gpu::scan(there, x.to(dtype), axis);
  const Tensor input = x.to(dtype).contiguous();
  const Tensor y = Tensor::empty(x.shape(), dtype);
  if (y.numel() == 0) return y;
  dispatch_compute(dtype, [&]<class T>(std::type_identity<T>) {
    Op<T> op;
    op.x = input.data<T>();
    op.y = y.data<T>();
    scan(Lines(x.shape(), axis), op);
  });
  return y;
}

template <template <class> class Op>
Tensor running(std::string_view name, gpu::Running there, const Tensor& x, int axis) {
  check_defined(name, "x", x);
  axis = normalize_line_axis(name, axis, x.shape());
  const DType dtype = compute_dtype(x.dtype());
  return scan_to<Op>(there, x, axis, dtype).to(is_floating(dtype) ? x.dtype() : kInt64);
}

template <bool kLargest>
ValuesAndIndices running_extreme(std::string_view name, const Tensor& x, int axis) {
  check_defined(name, "x", x);
  axis = normalize_line_axis(name, axis, x.shape());
  const DType dtype = compute_dtype(x.dtype());
  if (!x.on_cpu()) [[unlikely]] {
    const ValuesAndIndices found = gpu::scan_extremes(kLargest, x.to(dtype), axis);
    return {found.values.to(x.dtype()), found.indices};
  }
  const Tensor input = x.to(dtype).contiguous();
  const Tensor values = Tensor::empty(x.shape(), dtype);
  const Tensor indices = Tensor::empty(x.shape(), kInt64);
  if (x.numel() > 0) {
    dispatch_compute(dtype, [&]<class T>(std::type_identity<T>) {
      scan(Lines(x.shape(), axis),
           Extreme<T, kLargest>{input.data<T>(), values.data<T>(), indices.data<std::int64_t>()});
    });
  }
  return {values.to(x.dtype()), indices};
}

/// What diff joins to x must have its sizes but for the axis.
void check_end(std::string_view argument, const Tensor& end, const Shape& shape, int axis) {
  if (!end.defined()) return;
  Shape expected = shape;
  if (end.rank() == shape.rank()) expected[axis] = end.shape()[axis];
  if (end.shape() == expected) return;
  throw ShapeError("[diff] " + std::string(argument) + ": shape " + to_string(end.shape()) +
                   "; expected " + to_string(shape) + " but for axis " + std::to_string(axis));
}

}  // namespace

Tensor cumsum(const Tensor& x, int axis) {
  return running<Sum>("cumsum", gpu::Running::kSum, x, axis);
}

Tensor cumprod(const Tensor& x, int axis) {
  return running<Product>("cumprod", gpu::Running::kProduct, x, axis);
}

Tensor logcumsumexp(const Tensor& x, int axis) {
  check_defined("logcumsumexp", "x", x);
  axis = normalize_line_axis("logcumsumexp", axis, x.shape());
  const DType dtype = cpu::floating_compute_dtype(x);
  return scan_to<LogSum>(gpu::Running::kLogSum, x, axis, dtype).to(cpu::floating_result_dtype(x));
}

ValuesAndIndices cummax(const Tensor& x, int axis) {
  return running_extreme<true>("cummax", x, axis);
}

ValuesAndIndices cummin(const Tensor& x, int axis) {
  return running_extreme<false>("cummin", x, axis);
}

Tensor diff(const Tensor& given, std::int64_t n, int axis, const Tensor& prepend,
            const Tensor& append) {
  check_defined("diff", "x", given);
  if (given.rank() == 0) throw ShapeError("[diff] x: shape []; expected at least one axis");
  axis = normalize_axis("diff", axis, given.shape());
  if (n < 0) throw ConfigError("[diff] n: " + std::to_string(n) + "; expected n >= 0");
  check_end("prepend", prepend, given.shape(), axis);
  check_end("append", append, given.shape(), axis);
  Tensor x = given;
  if (n > 0 && (prepend.defined() || append.defined())) {
    std::vector<Tensor> parts;
    for (const Tensor& part : {prepend, given, append}) {
      if (part.defined()) parts.push_back(part);
    }
    x = cat(parts, axis);
  }
  if (n >= x.shape()[axis]) {
    Shape shape = x.shape();
    shape[axis] = 0;
    return n == 0 ? x : Tensor::empty(shape, x.dtype(), x.device());
  }
  Tensor y = x;
  for (; n > 0; --n) {
    const Tensor right = y.slice(axis, {1}), left = y.slice(axis, {0, -1});
    y = y.dtype() == kBool ? not_equal(right, left) : sub(right, left);
  }
  return y;
}

}  // namespace gradus
