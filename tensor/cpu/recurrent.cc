// Recurrent layers step by step. A thread takes some of the sequences through all steps: it waits
// for nobody, and its states stay in the first-level cache. Hidden units are computed in blocks of
// kLanes by one machine loop (see loops.h), ends of lines in a block filled up with zeros.
#include "tensor/recurrent.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tensor/cpu/gemm.h"
#include "tensor/cuda/ops/recurrent.h"
#include "tensor/recurrent_cells.h"
#include "tensor/thread_pool.h"
#include "tensor/work.h"

namespace gradus {
namespace {

using cpu::Buffer;

constexpr int kLanes = 16;
constexpr std::int64_t kWorthThreads = std::int64_t{1} << 19;  // multiply-adds
constexpr std::int64_t kRowsPerThread = 4;                     // fewer would idle in a product

template <class T, std::size_t kIn, std::size_t kOut, class F, std::size_t... in,
          std::size_t... out>
[[gnu::noinline]] void run_blocks(std::int64_t blocks, const std::array<const T*, kIn>& from,
                                  const std::array<T*, kOut>& to, F f, std::index_sequence<in...>,
                                  std::index_sequence<out...>) {
  // Not `omp simd`, with which results of several numbers stay in memory.
#pragma GCC ivdep
  for (std::int64_t j = 0; j < blocks * kLanes; ++j) {
    const std::array<T, kOut> y = f(from[in][j]...);
    ((to[out][j] = y[out]), ...);
  }
}

/// to[...][j] = f(from[...][j]...) for j < n; a line may be read and written.
template <class T, std::size_t kIn, std::size_t kOut, class F>
void run_line(std::int64_t n, const std::array<const T*, kIn>& from, const std::array<T*, kOut>& to,
              F f) {
  constexpr auto kEach = std::make_index_sequence<kIn>{};
  constexpr auto kResults = std::make_index_sequence<kOut>{};
  run_blocks(n / kLanes, from, to, f, kEach, kResults);
  const std::int64_t rest = n % kLanes, done = n - rest;
  if (rest == 0) return;
  alignas(64) T x[kIn][kLanes] = {}, y[kOut][kLanes];
  std::array<const T*, kIn> x_lines;
  std::array<T*, kOut> y_lines;
  for (std::size_t i = 0; i < kIn; ++i) {
    std::copy_n(from[i] + done, rest, x[i]);
    x_lines[i] = x[i];
  }
  for (std::size_t i = 0; i < kOut; ++i) y_lines[i] = y[i];
  run_blocks(1, x_lines, y_lines, f, kEach, kResults);
  for (std::size_t i = 0; i < kOut; ++i) std::copy_n(y[i], rest, to[i] + done);
}

/// Sizes, and which steps a sequence has.
struct Walk {
  Walk(const RecurrentSteps& how, const Shape& gates, std::int64_t hidden)
      : steps(gates[0]),
        batch(gates[1]),
        hidden(hidden),
        width(gates[2]),
        reverse(how.reverse),
        lengths(how.lengths.defined() ? how.lengths.data<std::int64_t>() : nullptr) {}

  std::int64_t length(std::int64_t n) const { return lengths == nullptr ? steps : lengths[n]; }
  /// Whether step t of sequence n starts from the first state; else the step before is number:
  bool starts(std::int64_t t, std::int64_t n) const {
    return reverse ? t == length(n) - 1 : t == 0;
  }
  std::int64_t before(std::int64_t t) const { return reverse ? t + 1 : t - 1; }
  std::int64_t at(std::int64_t t, std::int64_t n) const { return t * batch + n; }

  /// Calls f(first, end) for groups of sequences, in parallel.
  template <class F>
  void share(F f) const {
    std::int64_t groups = 1;
    if (steps * batch * hidden * width >= kWorthThreads) {
      groups = std::min<std::int64_t>(num_threads(), (batch + kRowsPerThread - 1) / kRowsPerThread);
    }
    const std::int64_t each = (batch + groups - 1) / std::max<std::int64_t>(1, groups);
    parallel_for(groups, [&](std::int64_t group) {
      const std::int64_t first = group * each, end = std::min(batch, first + each);
      if (first < end) f(first, end);
    });
  }

  std::int64_t steps, batch, hidden, width;
  bool reverse;
  const std::int64_t* lengths;
};

/// The numbers of one hidden state while its step is computed: lines of H numbers.
template <class T>
struct ForwardLines {
  T* x;           // projected input, then the gates
  const T* h_in;  // W_hh h
  const T* b;     // what is added to x
  const T* b_h;   // added to h_in of n (GRU)
  T *h, *c;       // the state before and after
  T* kept;        // see RecurrentForward
};
template <class T>
struct BackwardLines {
  const T *gates, *kept, *h_before, *c_before, *y;
  const T *dy, *through;  // gradients of the output, and of h by W_hh from the step behind
  T *dh, *dc;             // what else has arrived for h and c; then what goes to those before
  T *dx, *dr;             // of `projected` and `recurrent`
};

template <class Cell, class T>
struct Simple {
  static void forward(std::int64_t n, const ForwardLines<T>& at) {
    run_line<T, 3, 1>(n, {at.x, at.h_in, at.b}, {at.h},
                      [](T x, T h, T b) { return std::array<T, 1>{Cell::forward(x + h + b)}; });
  }
  static void backward(std::int64_t n, const BackwardLines<T>& at) {
    run_line<T, 4, 2>(n, {at.y, at.dy, at.through, at.dh}, {at.dx, at.dh},
                      [](T y, T dy, T through, T dh) {
                        return std::array<T, 2>{Cell::backward(y, dy + through + dh), T(0)};
                      });
  }
};

template <class T>
struct LstmLines {
  static void forward(std::int64_t n, const ForwardLines<T>& at) {
    T *i = at.x, *f = i + n, *g = f + n, *o = g + n;
    const T *h = at.h_in, *b = at.b;
    run_line<T, 13, 6>(
        n, {i, f, g, o, h, h + n, h + 2 * n, h + 3 * n, b, b + n, b + 2 * n, b + 3 * n, at.c},
        {i, f, g, o, at.c, at.h},
        [](T xi, T xf, T xg, T xo, T hi, T hf, T hg, T ho, T bi, T bf, T bg, T bo, T c) {
          const auto y =
              cells::Lstm::forward(xi + hi + bi, xf + hf + bf, xg + hg + bg, xo + ho + bo, c);
          return std::array<T, 6>{y.i, y.f, y.g, y.o, y.c, y.h};
        });
    std::copy_n(at.c, n, at.kept);
  }
  static void backward(std::int64_t n, const BackwardLines<T>& at) {
    const T* i = at.gates;
    T* d = at.dx;
    run_line<T, 10, 6>(
        n, {i, i + n, i + 2 * n, i + 3 * n, at.c_before, at.kept, at.dy, at.through, at.dh, at.dc},
        {d, d + n, d + 2 * n, d + 3 * n, at.dc, at.dh},
        [](T i, T f, T g, T o, T before, T c, T dy, T through, T dh, T dc) {
          const auto y = cells::Lstm::backward(i, f, g, o, before, c, dy + through + dh, dc);
          return std::array<T, 6>{y.i, y.f, y.g, y.o, y.c, T(0)};
        });
  }
};

template <class T>
struct GruLines {
  static void forward(std::int64_t n, const ForwardLines<T>& at) {
    T *r = at.x, *z = r + n, *x_n = z + n;
    const T *h = at.h_in, *b = at.b;
    run_line<T, 11, 5>(n, {r, z, x_n, h, h + n, h + 2 * n, b, b + n, b + 2 * n, at.b_h, at.h},
                       {r, z, x_n, at.kept, at.h},
                       [](T xr, T xz, T xn, T hr, T hz, T hn, T br, T bz, T bn, T b_hn, T h) {
                         const T of_h = hn + b_hn;
                         const auto y =
                             cells::Gru::forward(xr + hr + br, xz + hz + bz, xn + bn, of_h, h);
                         return std::array<T, 5>{y.r, y.z, y.n, of_h, y.h};
                       });
  }
  static void backward(std::int64_t n, const BackwardLines<T>& at) {
    const T* r = at.gates;
    run_line<T, 8, 7>(n, {r, r + n, r + 2 * n, at.kept, at.h_before, at.dy, at.through, at.dh},
                      {at.dx, at.dx + n, at.dx + 2 * n, at.dr, at.dr + n, at.dr + 2 * n, at.dh},
                      [](T r, T z, T n, T h_n, T h, T dy, T through, T dh) {
                        const auto y = cells::Gru::backward(r, z, n, h_n, h, dy + through + dh);
                        return std::array<T, 7>{y.r, y.z, y.x_n, y.r, y.z, y.h_n, y.h};
                      });
  }
};

/// Calls f with the cell's functions for lines.
template <class T, class F>
void with_lines(RecurrentCell cell, F f) {
  switch (cell) {
    case RecurrentCell::kTanh:
      return f(std::type_identity<Simple<cells::Tanh, T>>{});
    case RecurrentCell::kRelu:
      return f(std::type_identity<Simple<cells::Relu, T>>{});
    case RecurrentCell::kLstm:
      return f(std::type_identity<LstmLines<T>>{});
    case RecurrentCell::kGru:
      return f(std::type_identity<GruLines<T>>{});
  }
}

/// The biases as the lines take them: [width] for x, then [H] for h_n of a GRU.
template <class T>
Tensor biases(const Tensor& b_ih, const Tensor& b_hh, RecurrentCell cell, const Walk& walk) {
  const Tensor all = zeros({walk.width + walk.hidden}, dtype_of<T>());
  if (!b_ih.defined()) return all;
  const T *of_x = b_ih.data<T>(), *of_h = b_hh.data<T>();
  T* to = all.data<T>();
  const std::int64_t apart = cell == RecurrentCell::kGru ? 2 * walk.hidden : walk.width;
  for (std::int64_t j = 0; j < walk.width; ++j) to[j] = j < apart ? of_x[j] + of_h[j] : of_x[j];
  for (std::int64_t j = apart; j < walk.width; ++j) to[walk.width + j - apart] = of_h[j];
  return all;
}

template <class Lines, class T>
void forward_group(const Walk& walk, const cpu::PackedFactor<T>& w, const Tensor& start,
                   const Tensor& start_c, const Tensor& bias, bool keep, std::int64_t first,
                   std::int64_t end, const RecurrentForward& out) {
  const std::int64_t rows = end - first, n = walk.hidden;
  const Buffer<T> states(rows * (2 * n + walk.width) + n);
  T *h = states.data(), *c = h + rows * n, *through = c + rows * n,
    *dropped = through + rows * walk.width;
  std::copy_n(start.data<T>() + first * n, rows * n, h);
  if (start_c.defined()) std::copy_n(start_c.data<T>() + first * n, rows * n, c);
  T *gates = out.gates.data<T>(), *y = out.y.data<T>();
  T* kept = out.kept.defined() ? out.kept.data<T>() : nullptr;
  const T* b = bias.data<T>();
  for (std::int64_t step = 0; step < walk.steps; ++step) {
    const std::int64_t t = walk.reverse ? walk.steps - 1 - step : step;
    w.multiply({h, n, 1}, through, rows);
    for (std::int64_t k = 0; k < rows; ++k) {
      const std::int64_t at = walk.at(t, first + k);
      if (t >= walk.length(first + k)) {
        std::fill_n(y + at * n, n, T(0));
        continue;
      }
      Lines::forward(n, {gates + at * walk.width, through + k * walk.width, b, b + walk.width,
                         h + k * n, c + k * n, keep && kept != nullptr ? kept + at * n : dropped});
      std::copy_n(h + k * n, n, y + at * n);
    }
  }
  std::copy_n(h, rows * n, y + walk.at(walk.steps, first) * n);
  if (start_c.defined()) std::copy_n(c, rows * n, y + walk.at(walk.steps + 1, first) * n);
}

template <class Lines, class T>
void backward_group(const Walk& walk, const cpu::PackedFactor<T>& w, const Tensor& dy_of,
                    const RecurrentForward& of, const Tensor& start, const Tensor& start_c,
                    std::int64_t first, std::int64_t end, const RecurrentBackward& out) {
  const std::int64_t rows = end - first, n = walk.hidden, width = walk.width;
  const bool has_c = start_c.defined(), has_kept = of.kept.defined();
  const T *dy = dy_of.data<T>(), *y = of.y.data<T>(), *gates = of.gates.data<T>();
  const T *h0 = start.data<T>(), *c0 = has_c ? start_c.data<T>() : nullptr;
  const T* kept = has_kept ? of.kept.data<T>() : nullptr;
  T *dx = out.projected.data<T>(), *dr = out.recurrent.data<T>();
  T* previous = out.previous.data<T>();
  const Buffer<T> states(rows * n * 3);
  T *dh = states.data(), *dc = dh + rows * n, *through = dc + rows * n;
  std::copy_n(dy + walk.at(walk.steps, first) * n, rows * n, dh);
  if (has_c) std::copy_n(dy + walk.at(walk.steps + 1, first) * n, rows * n, dc);
  std::fill_n(through, rows * n, T(0));
  for (std::int64_t step = walk.steps - 1; step >= 0; --step) {
    const std::int64_t t = walk.reverse ? walk.steps - 1 - step : step;
    for (std::int64_t k = 0; k < rows; ++k) {
      const std::int64_t sequence = first + k, at = walk.at(t, sequence);
      if (t >= walk.length(sequence)) {
        // Behind the end the state stays as it is.
        for (std::int64_t j = 0; j < n; ++j) dh[k * n + j] += through[k * n + j];
        std::fill_n(dx + at * width, width, T(0));
        if (dr != dx) std::fill_n(dr + at * width, width, T(0));
        std::fill_n(previous + at * n, n, T(0));
        continue;
      }
      const bool starts = walk.starts(t, sequence);
      const std::int64_t before = walk.at(walk.before(t), sequence);
      const T* h_before = starts ? h0 + sequence * n : y + before * n;
      const T* c_before = !has_c ? nullptr : starts ? c0 + sequence * n : kept + before * n;
      std::copy_n(h_before, n, previous + at * n);
      Lines::backward(n, {gates + at * width, has_kept ? kept + at * n : nullptr, h_before,
                          c_before, y + at * n, dy + at * n, through + k * n, dh + k * n,
                          dc + k * n, dx + at * width, dr + at * width});
    }
    w.multiply({dr + walk.at(t, first) * width, width, 1}, through, rows);
  }
  T* to = out.h.data<T>() + first * n;
  for (std::int64_t j = 0; j < rows * n; ++j) to[j] = dh[j] + through[j];
  if (has_c) std::copy_n(dc, rows * n, out.c.data<T>() + first * n);
}

}  // namespace

RecurrentForward recurrent_forward(const Tensor& projected, const Tensor& h, const Tensor& c,
                                   const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh,
                                   const RecurrentSteps& steps, bool keep) {
  multiply_adds += projected.numel() * h.dim(1);
  if (!projected.on_cpu()) [[unlikely]]
    return gpu::recurrent_forward(projected, h, c, w_hh, b_ih, b_hh, steps, keep);
  const Walk walk(steps, projected.shape(), h.dim(1));
  const DType dtype = projected.dtype();
  RecurrentForward out{
      Tensor::empty({walk.steps + (c.defined() ? 2 : 1), walk.batch, walk.hidden}, dtype),
      projected,
      {}};
  const bool keeps_line =
      keep && (steps.cell == RecurrentCell::kLstm || steps.cell == RecurrentCell::kGru);
  if (keeps_line) out.kept = Tensor::empty({walk.steps, walk.batch, walk.hidden}, dtype);
  dispatch_floating(dtype, [&]<class T>(std::type_identity<T>) {
    const Tensor bias = biases<T>(b_ih, b_hh, steps.cell, walk);
    const cpu::PackedFactor<T> w({w_hh.data<T>(), 1, walk.hidden}, walk.hidden, walk.width);
    with_lines<T>(steps.cell, [&]<class Lines>(std::type_identity<Lines>) {
      walk.share([&](std::int64_t first, std::int64_t end) {
        forward_group<Lines, T>(walk, w, h, c, bias, keep, first, end, out);
      });
    });
  });
  if (!keep || gates_of(steps.cell) == 1) out.gates = Tensor();
  return out;
}

RecurrentBackward recurrent_backward(const Tensor& dy, const RecurrentForward& forward,
                                     const Tensor& h, const Tensor& c, const Tensor& w_hh,
                                     const RecurrentSteps& steps) {
  const std::int64_t extra = c.defined() ? 2 : 1;
  const std::int64_t time = dy.dim(0) - extra, batch = dy.dim(1), hidden = dy.dim(2);
  const Shape gates{time, batch, hidden * gates_of(steps.cell)};
  multiply_adds += numel(gates) * hidden;
  if (!dy.on_cpu()) [[unlikely]]
    return gpu::recurrent_backward(dy, forward, h, c, w_hh, steps);
  const Walk walk(steps, gates, hidden);
  const DType dtype = dy.dtype();
  RecurrentBackward out;
  out.projected = Tensor::empty(gates, dtype);
  const bool apart = steps.cell == RecurrentCell::kGru;
  out.recurrent = apart ? Tensor::empty(gates, dtype) : out.projected;
  out.previous = Tensor::empty({time, batch, hidden}, dtype);
  out.h = Tensor::empty({batch, hidden}, dtype);
  if (c.defined()) out.c = Tensor::empty({batch, hidden}, dtype);
  RecurrentForward of = forward;
  if (!of.gates.defined()) of.gates = of.y;  // read by nobody
  dispatch_floating(dtype, [&]<class T>(std::type_identity<T>) {
    const cpu::PackedFactor<T> w({w_hh.data<T>(), hidden, 1}, walk.width, hidden);
    with_lines<T>(steps.cell, [&]<class Lines>(std::type_identity<Lines>) {
      walk.share([&](std::int64_t first, std::int64_t end) {
        backward_group<Lines, T>(walk, w, dy, of, h, c, first, end, out);
      });
    });
  });
  return out;
}

}  // namespace gradus
