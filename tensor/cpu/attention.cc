// Attention, a block of queries of one head at a time. Scores stand in rows that are filled up to
// whole blocks of kLanes with -inf, so that every exp goes through one machine loop (see loops.h).
#include "tensor/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/cpu/fused.h"
#include "tensor/cpu/gemm.h"
#include "tensor/cpu/transpose.h"
#include "tensor/cuda/ops/attention.h"
#include "tensor/math.h"
#include "tensor/thread_pool.h"
#include "tensor/work.h"

namespace gradus {
namespace {

constexpr int kLanes = 16;
constexpr std::int64_t kQueries = 48;          // of a block: four tiles of a product
constexpr std::int64_t kGroup = 4 * kQueries;  // of a piece of forward

// One head of a [N, H, rows, columns].
template <class T>
struct Head {
  Head(const Tensor& x, std::int64_t head)
      : rows(x.dim(2)), columns(x.dim(3)), row_step(x.strides()[2]), column_step(x.strides()[3]) {
    const std::int64_t heads = x.dim(1);
    first = x.data<T>() + head / heads * x.strides()[0] + head % heads * x.strides()[1];
  }
  T* row(std::int64_t i) const { return first + i * row_step; }
  cpu::MatrixView<T> from(std::int64_t i) const { return {row(i), row_step, column_step}; }
  cpu::MatrixView<T> transposed() const { return {first, column_step, row_step}; }

  T* first;
  std::int64_t rows, columns, row_step, column_step;
};

std::int64_t padded(std::int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// The transpose without gaps, which products read faster.
template <class T>
class Turned {
 public:
  explicit Turned(const Head<T>& x) : step_(x.rows), buffer_(x.rows * x.columns) {
    std::int64_t i = 0;
    const std::int64_t squares = x.column_step == 1 ? x.rows / 4 * 4 : 0;
    for (; i < squares; i += 4) {
      std::int64_t j = 0;
      for (; j + 4 <= x.columns; j += 4) {
        cpu::transpose_4x4(x.row(i) + j, x.row_step, buffer_.data() + j * step_ + i, step_);
      }
      for (; j < x.columns; ++j) {
        for (int line = 0; line < 4; ++line) put(x, i + line, j);
      }
    }
    for (; i < x.rows; ++i) {
      for (std::int64_t j = 0; j < x.columns; ++j) put(x, i, j);
    }
  }
  cpu::MatrixView<T> view() const { return {buffer_.data(), step_, 1}; }

 private:
  void put(const Head<T>& x, std::int64_t i, std::int64_t j) const {
    buffer_.data()[j * step_ + i] = x.row(i)[j * x.column_step];
  }
  std::int64_t step_;
  cpu::Buffer<T> buffer_;
};

// x[i] = f(x[i]) for whole blocks.
template <class T, class F>
void in_blocks(T* x, std::int64_t n, F f) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) x[i + lane] = f(x[i + lane]);
  }
}

// glibc takes each lane that is beyond the range of its vectors of exp, -inf too, by itself. So
// exponents below this one are raised to it first, in a loop of its own (in one loop gcc sees
// through that), and their powers are 0. They would be about the least normal number.
template <class T>
constexpr T kLeast = sizeof(T) == 4 ? T(-86) : T(-700);

template <class T>
T power(T x) {
  return exp(x) * (x <= kLeast<T> ? T(0) : T(1));
}

// x[i] - by for whole blocks, at least kLeast; NaN stays.
template <class T>
void lower(T* x, std::int64_t n, T by) {
  in_blocks(x, n, [by](T e) { return e - by < kLeast<T> ? kLeast<T> : e - by; });
}

// What every block of queries of a head needs.
template <class T>
class Rows {
 public:
  Rows(const Tensor& q, const Tensor& k, const AttentionScores& scores, std::int64_t head)
      : scores_(scores),
        head_(head),
        q_(q, head),
        keys_(k.dim(2)),
        scaled_(std::min(kQueries, q_.rows) * q_.columns) {}

  /// How many keys the queries before `end` may see at most.
  std::int64_t keys_before(std::int64_t end) const {
    return scores_.is_causal ? std::min(keys_, end) : keys_;
  }

  /// s = scale q k^T + added, -inf where nobody looks, for the queries begin .. end - 1; rows of s
  /// are `step` apart and filled up.
  void scores_of(std::int64_t begin, std::int64_t end, const Turned<T>& k, T* s,
                 std::int64_t step) const {
    const std::int64_t keys = keys_before(end), n = q_.columns;
    const T scale = static_cast<T>(scores_.scale);
    for (std::int64_t i = begin; i < end; ++i) {
      T* to = scaled_.data() + (i - begin) * n;
      for (std::int64_t j = 0; j < n; ++j) to[j] = q_.row(i)[j * q_.column_step] * scale;
    }
    cpu::multiply_rows(scaled(), k.view(), s, step, end - begin, n, keys, false);
    for (std::int64_t i = begin; i < end; ++i, s += step) {
      const std::int64_t seen = scores_.is_causal ? std::min(keys, i + 1) : keys;
      std::fill(s + seen, s + padded(keys), kNone);
      if (scores_.added.defined()) {
        const Head<T> added(scores_.added, head_);
        for (std::int64_t j = 0; j < seen; ++j) s[j] += added.row(i)[j * added.column_step];
      }
      if (scores_.blocked.defined()) {
        const Head<bool> blocked(scores_.blocked, head_);
        for (std::int64_t j = 0; j < seen; ++j) {
          if (blocked.row(i)[j * blocked.column_step]) s[j] = kNone;
        }
      }
    }
  }

  /// to = from with dropout, for the first `n` weights of query i.
  void drop(std::int64_t i, std::int64_t n, const T* from, T* to) const {
    const Head<bool> dropped(scores_.dropped, head_);
    const bool* gone = dropped.row(i);
    const T kept = static_cast<T>(scores_.kept);
    for (std::int64_t j = 0; j < n; ++j) to[j] = gone[j] ? T(0) : from[j] * kept;
  }
  bool drops() const { return scores_.dropped.defined(); }
  /// scale q of the last block.
  cpu::MatrixView<T> scaled() const { return {scaled_.data(), q_.columns, 1}; }

 private:
  static constexpr T kNone = -std::numeric_limits<T>::infinity();
  const AttentionScores& scores_;
  std::int64_t head_;
  Head<T> q_;
  std::int64_t keys_;
  cpu::Buffer<T> scaled_;
};

// s = exp(s - largest); returns the sum, and its logarithm plus the largest. n: whole blocks.
template <class T>
std::pair<T, T> weigh(T* s, std::int64_t n) {
  alignas(64) T lanes[kLanes];
  constexpr T kNone = -std::numeric_limits<T>::infinity();
  std::fill_n(lanes, kLanes, kNone);
  for (std::int64_t j = 0; j < n; j += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = s[j + lane] > lanes[lane] ? s[j + lane] : lanes[lane];
    }
  }
  T largest = *std::max_element(lanes, lanes + kLanes);
  if (largest == kNone) largest = 0;  // no key, or NaN, which shows in the sum
  std::fill_n(lanes, kLanes, T(0));
  lower(s, n, largest);
  for (std::int64_t j = 0; j < n; j += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) {
      const T e = power(s[j + lane]);
      s[j + lane] = e;
      lanes[lane] += e;
    }
  }
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  const T sum = lanes[0];
  return {sum, sum == 0 ? std::numeric_limits<T>::infinity() : largest + std::log(sum)};
}

template <class T>
void forward_of(const Tensor& out, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                const Tensor& v, const AttentionScores& scores) {
  const std::int64_t heads = q.dim(0) * q.dim(1), queries = q.dim(2);
  const std::int64_t groups = (queries + kGroup - 1) / kGroup, step = padded(k.dim(2));
  parallel_for(heads * groups, [&](std::int64_t piece) {
    const std::int64_t head = piece / groups, first = piece % groups * kGroup;
    const Rows<T> rows(q, k, scores, head);
    const Turned<T> keys(Head<T>(k, head));
    const Head<T> values(v, head), y(out, head);
    T* log_sums = log_sum.data<T>() + head * queries;
    const cpu::Buffer<T> s(kQueries * step);
    for (std::int64_t begin = first; begin < std::min(queries, first + kGroup); begin += kQueries) {
      const std::int64_t end = std::min(queries, begin + kQueries), n = rows.keys_before(end);
      rows.scores_of(begin, end, keys, s.data(), step);
      T factors[kQueries];
      for (std::int64_t i = begin; i < end; ++i) {
        T* row = s.data() + (i - begin) * step;
        const auto [sum, log_of_sum] = weigh(row, padded(n));
        factors[i - begin] = sum == 0 ? 0 : 1 / sum;
        log_sums[i] = log_of_sum;
        if (rows.drops()) rows.drop(i, n, row, row);
      }
      cpu::multiply_rows({s.data(), step, 1}, values.from(0), y.row(begin), y.row_step, end - begin,
                         n, y.columns, false);
      for (std::int64_t i = begin; i < end; ++i) {
        for (std::int64_t j = 0; j < y.columns; ++j) y.row(i)[j] *= factors[i - begin];
      }
    }
  });
}

template <class T>
T dot(const T* a, std::int64_t a_step, const T* b, std::int64_t n) {
  alignas(64) T lanes[kLanes] = {};
  std::int64_t j = 0;
  for (; a_step == 1 && j + kLanes <= n; j += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += a[j + lane] * b[j + lane];
  }
  for (; j < n; ++j) lanes[j % kLanes] += a[j * a_step] * b[j];
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

template <class T>
void backward_of(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dy,
                 const Tensor& y, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                 const Tensor& v, const AttentionScores& scores) {
  const std::int64_t queries = q.dim(2), step = padded(k.dim(2));
  parallel_for(q.dim(0) * q.dim(1), [&](std::int64_t head) {
    const Rows<T> rows(q, k, scores, head);
    const Head<T> key(k, head), value(v, head), of_y(dy, head), result(y, head);
    const Head<T> to_q(dq, head), to_k(dk, head), to_v(dv, head);
    const Turned<T> keys(key), values(value);
    const T* log_sums = log_sum.data<T>() + head * queries;
    const T scale = static_cast<T>(scores.scale);
    const cpu::Buffer<T> p(kQueries * step), ds(kQueries * step);
    const cpu::Buffer<T> left(rows.drops() ? kQueries * step : 0);
    for (std::int64_t j = 0; j < key.rows; ++j) {
      std::fill_n(to_k.row(j), to_k.columns, T(0));
      std::fill_n(to_v.row(j), to_v.columns, T(0));
    }
    for (std::int64_t begin = 0; begin < queries; begin += kQueries) {
      const std::int64_t end = std::min(queries, begin + kQueries), count = end - begin;
      const std::int64_t n = rows.keys_before(end);
      rows.scores_of(begin, end, keys, p.data(), step);
      cpu::multiply_rows(of_y.from(begin), values.view(), ds.data(), step, count, value.columns, n,
                         false);
      for (std::int64_t i = begin; i < end; ++i) {
        T *weight = p.data() + (i - begin) * step, *slope = ds.data() + (i - begin) * step;
        lower(weight, padded(n), log_sums[i]);
        in_blocks(weight, padded(n), [](T x) { return power(x); });
        if (rows.drops()) {
          rows.drop(i, n, weight, left.data() + (i - begin) * step);
          rows.drop(i, n, slope, slope);
        }
        const T mean = dot(of_y.row(i), of_y.column_step, result.row(i), result.columns);
        for (std::int64_t j = 0; j < n; ++j) slope[j] = weight[j] * (slope[j] - mean);
      }
      // Transposed by their strides.
      const cpu::MatrixView<T> weights{rows.drops() ? left.data() : p.data(), 1, step};
      const cpu::MatrixView<T> slopes{ds.data(), 1, step};
      cpu::multiply_rows(weights, of_y.from(begin), to_v.first, to_v.row_step, n, count,
                         to_v.columns, true);
      cpu::multiply_rows(slopes, rows.scaled(), to_k.first, to_k.row_step, n, count, to_k.columns,
                         true);
      cpu::multiply_rows({ds.data(), step, 1}, key.from(0), to_q.row(begin), to_q.row_step, count,
                         n, to_q.columns, false);
      for (std::int64_t i = begin; i < end; ++i) {
        for (std::int64_t j = 0; j < to_q.columns; ++j) to_q.row(i)[j] *= scale;
      }
    }
  });
}

}  // namespace

void attention_into(const Tensor& y, const Tensor& log_sum, const Tensor& q, const Tensor& k,
                    const Tensor& v, const AttentionScores& scores) {
  multiply_adds += 2 * q.numel() * k.dim(2);
  if (!q.on_cpu()) [[unlikely]]
    return gpu::attention_into(y, log_sum, q, k, v, scores);
  dispatch_floating(q.dtype(), [&](auto type) {
    forward_of<typename decltype(type)::type>(y, log_sum, q, k, v, scores);
  });
}

void attention_backward_into(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dy,
                             const Tensor& y, const Tensor& log_sum, const Tensor& q,
                             const Tensor& k, const Tensor& v, const AttentionScores& scores) {
  multiply_adds += 5 * q.numel() * k.dim(2);  // P and dP, then dq, dk, dv
  if (!q.on_cpu()) [[unlikely]]
    return gpu::attention_backward_into(dq, dk, dv, dy, y, log_sum, q, k, v, scores);
  dispatch_floating(q.dtype(), [&](auto type) {
    backward_of<typename decltype(type)::type>(dq, dk, dv, dy, y, log_sum, q, k, v, scores);
  });
}

}  // namespace gradus
