#include "tensor/cpu/gemm.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "tensor/cpu/fused.h"
#include "tensor/cpu/transpose.h"
#include "tensor/cpu/vectors.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu {
namespace {

// A tile of y stays in registers while its rows of a and columns of b pass by; of the 16 or 32
// registers there are, the others hold a row of b and an element of a.
#if defined(__AVX512F__)
constexpr int kRows = 12, kTileRegisters = 24;
#else
constexpr int kRows = 6, kTileRegisters = 12;
#endif

constexpr std::int64_t kDepth = 288;          // k is cut in equal parts, for the L1 cache
constexpr std::int64_t kBlockRows = 240;      // rows of a packed together: half of the L2 cache
constexpr std::int64_t kBlockColumns = 3072;  // columns of b packed together: part of the L3 cache
constexpr std::int64_t kParallelWork = std::int64_t{1} << 19;  // multiply-adds worth the threads

template <class T>
constexpr int kColumns = kTileRegisters / kRows* kWidth<T>;

template <class T>
struct Result {
  T* first;
  std::int64_t row_step, column_step;
  T& operator()(std::int64_t i, std::int64_t j) const {
    return first[i * row_step + j * column_step];
  }
};

/// The work of one tile: y (+)= sum over p < depth of column p of a times row p of b, whose rows
/// have no gaps between their elements. y takes `columns` of them.
template <class T>
struct Work {
  std::int64_t depth;
  MatrixView<T> a;
  const T* b;
  std::int64_t b_step;
  Result<T> y;
  std::int64_t columns;
  bool add;
};

/// A tile of R rows, V registers wide. kPacked: a and b stand as pack() leaves them. The work comes
/// by reference, since a copy of it waits until all stores of the tile before are done.
template <class T, int R, int V, bool kPacked>
void tile(const Work<T>& work) {
  const Result<T> y = work.y;
  const bool whole = work.columns == V * kWidth<T> && y.column_step == 1;
  if (whole && work.add) {
    for (int i = 0; i < R; ++i) __builtin_prefetch(&y(i, 0), 1);
    for (int i = 0; i < R; ++i) __builtin_prefetch(&y(i, work.columns - 1), 1);
  }
  const T *a = work.a.first, *b = work.b;
  const std::int64_t a_row = kPacked ? 1 : work.a.row_step;
  const std::int64_t a_step = kPacked ? kRows : work.a.column_step;
  const std::int64_t b_step = kPacked ? kColumns<T> : work.b_step;
  Vector<T> sum[R][V] = {};
  for (std::int64_t p = work.depth; p > 0; --p, a += a_step, b += b_step) {
    Vector<T> row[V];
    for (int v = 0; v < V; ++v) row[v] = load<Vector<T>>(b + v * kWidth<T>);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
      const Vector<T> element = a[i * a_row] - Vector<T>{};
#pragma GCC unroll 16
      for (int v = 0; v < V; ++v) sum[i][v] = multiply_add(element, row[v], sum[i][v]);
    }
  }
  if (!whole) {
    T results[V * kWidth<T>];
    for (int i = 0; i < R; ++i) {
      for (int v = 0; v < V; ++v) store(sum[i][v], results + v * kWidth<T>);
      for (std::int64_t j = 0; j < work.columns; ++j) {
        y(i, j) = work.add ? y(i, j) + results[j] : results[j];
      }
    }
    return;
  }
  for (int i = 0; i < R; ++i) {
    for (int v = 0; v < V; ++v) {
      T* to = &y(i, v * kWidth<T>);
      if (work.add) sum[i][v] = load<Vector<T>>(to) + sum[i][v];
      store(sum[i][v], to);
    }
  }
}

template <class T>
using Tile = void (*)(const Work<T>&);

/// The tiles of 1 .. kRows rows.
template <class T, bool kPacked>
constexpr auto kTiles = []<int... i>(std::integer_sequence<int, i...>) {
  return std::array<Tile<T>, kRows>{&tile<T, i + 1, kTileRegisters / kRows, kPacked>...};
}
(std::make_integer_sequence<int, kRows>{});

/// to[p * kTo + i] = from[p * along + i * across] for p < depth, i < count; zeros up to kTo.
template <int kTo, class T>
void pack(const T* from, std::int64_t along, std::int64_t across, std::int64_t depth,
          std::int64_t count, T* to) {
  const std::int64_t squares = along == 1 ? count / 4 * 4 : 0, deep = depth / 4 * 4;
  for (std::int64_t i = 0; i < squares; i += 4) {
    for (std::int64_t p = 0; p < deep; p += 4) {
      transpose_4x4(from + p + i * across, across, to + p * kTo + i, kTo);
    }
  }
  for (std::int64_t p = 0; p < depth; ++p) {
    T* line = to + p * kTo;
    const T* source = from + p * along;
    std::int64_t i = p < deep ? squares : 0;
    if (across == 1 && count == kTo) {
      if constexpr (kTo == kColumns<T>) {
        for (int v = 0; v < kTo; v += kWidth<T>) store(load<Vector<T>>(source + v), line + v);
      } else {
        for (int j = 0; j < kTo; ++j) line[j] = source[j];
      }
      continue;
    }
    for (; i < count; ++i) line[i] = source[i * across];
    for (; i < kTo; ++i) line[i] = T(0);
  }
}

}  // namespace

template <class T>
PackedFactor<T>::PackedFactor(MatrixView<T> b, std::int64_t k, std::int64_t m)
    : k_(k),
      m_(m),
      part_((k + (k + kDepth - 1) / kDepth - 1) / ((k + kDepth - 1) / kDepth)),
      panels_((m + kColumns<T> - 1) / kColumns<T> * kColumns<T> * k) {
  T* to = panels_.data();
  for (std::int64_t p = 0; p < k; p += part_) {
    const std::int64_t depth = std::min(part_, k - p);
    for (std::int64_t column = 0; column < m; column += kColumns<T>, to += kColumns<T> * depth) {
      pack<kColumns<T>>(b.first + p * b.row_step + column * b.column_step, b.row_step,
                        b.column_step, depth, std::min<std::int64_t>(kColumns<T>, m - column), to);
    }
  }
}

template <class T>
void PackedFactor<T>::multiply(MatrixView<T> a, T* y, std::int64_t n) const {
  const T* panel = panels_.data();
  for (std::int64_t p = 0; p < k_; p += part_) {
    const std::int64_t depth = std::min(part_, k_ - p);
    for (std::int64_t column = 0; column < m_; column += kColumns<T>) {
      for (std::int64_t row = 0; row < n; row += kRows) {
        kTiles<T, false>[std::min<std::int64_t>(kRows, n - row) - 1](
            {depth,
             {a.first + row * a.row_step + p * a.column_step, a.row_step, a.column_step},
             panel,
             kColumns<T>,
             {y + row * m_ + column, m_, 1},
             std::min<std::int64_t>(kColumns<T>, m_ - column),
             p > 0});
      }
      panel += kColumns<T> * depth;
    }
  }
}

template class PackedFactor<float>;
template class PackedFactor<double>;

namespace {

/// One product, or the part of one that a thread computes.
template <class T>
class Product {
 public:
  Product(MatrixView<T> a, MatrixView<T> b, Result<T> y, std::int64_t n, std::int64_t k,
          std::int64_t m, bool add = false)
      : a_(a),
        b_(b),
        y_(y),
        n_(n),
        k_(k),
        m_(m),
        pack_a_(n > kRows && m > 4 * kColumns<T>),
        add_(add) {}

  void run() const {
    const std::int64_t parts = (k_ + kDepth - 1) / kDepth, part = (k_ + parts - 1) / parts;
    for (std::int64_t p = 0; p < k_; p += part) {
      const std::int64_t depth = std::min(part, k_ - p);
      if (n_ <= kBlockRows) {
        few_rows(p, depth);
      } else {
        many_rows(p, depth);
      }
    }
  }

  /// In as many parts as there are threads. Each packs what it reads: that costs less than to share
  /// it between the caches of two cores.
  void run_in_parallel() const {
    const std::int64_t threads = num_threads();
    std::int64_t tall = 1, best = std::numeric_limits<std::int64_t>::max();  // parts of the rows
    for (std::int64_t t = 1; t <= threads; ++t) {
      if (threads % t != 0) continue;
      const std::int64_t packed = n_ / t + m_ / (threads / t);
      if (packed < best) {
        best = packed;
        tall = t;
      }
    }
    const std::int64_t wide = threads / tall;
    const std::int64_t rows = (groups(n_) + tall - 1) / tall * kRows;
    const std::int64_t columns = (panels(m_) + wide - 1) / wide * kColumns<T>;
    parallel_for(threads, [&](std::int64_t i) {
      const std::int64_t row = i / wide * rows, column = i % wide * columns;
      if (row >= n_ || column >= m_) return;
      Product({a_.first + row * a_.row_step, a_.row_step, a_.column_step},
              {b_.first + column * b_.column_step, b_.row_step, b_.column_step},
              {&y_(row, column), y_.row_step, y_.column_step}, std::min(rows, n_ - row), k_,
              std::min(columns, m_ - column))
          .run();
    });
  }

 private:
  static std::int64_t groups(std::int64_t rows) { return (rows + kRows - 1) / kRows; }
  static std::int64_t panels(std::int64_t columns) {
    return (columns + kColumns<T> - 1) / kColumns<T>;
  }

  /// a is packed once, b panel by panel, each used at once while it is in the L1 cache.
  void few_rows(std::int64_t p, std::int64_t depth) const {
    const Buffer<T> packed_a(pack_a_ ? groups(n_) * kRows * depth : 0);
    if (pack_a_) pack_rows(0, n_, p, depth, packed_a.data());
    const bool in_place = n_ <= kRows && b_.column_step == 1;
    const Buffer<T> panel(kColumns<T> * depth);
    for (std::int64_t column = 0; column < m_; column += kColumns<T>) {
      if (in_place && column + kColumns<T> <= m_) {
        const T* b = b_.first + p * b_.row_step + column;
        tiles(0, n_, p, depth, packed_a.data(), column, b, b_.row_step);
      } else {
        pack_panel(column, p, depth, panel.data());
        tiles(0, n_, p, depth, packed_a.data(), column, panel.data(), kColumns<T>);
      }
    }
  }

  /// b is packed once, a block by block, each used while it is in the L2 cache.
  void many_rows(std::int64_t p, std::int64_t depth) const {
    const std::int64_t width = std::min(m_, kBlockColumns);
    const Buffer<T> packed_b(panels(width) * kColumns<T> * depth);
    const Buffer<T> packed_a(pack_a_ ? kBlockRows * depth : 0);
    for (std::int64_t left = 0; left < m_; left += kBlockColumns) {
      const std::int64_t right = std::min(m_, left + kBlockColumns);
      const auto panel = [&](std::int64_t column) {
        return packed_b.data() + (column - left) * depth;
      };
      for (std::int64_t column = left; column < right; column += kColumns<T>) {
        pack_panel(column, p, depth, panel(column));
      }
      for (std::int64_t row = 0; row < n_; row += kBlockRows) {
        const std::int64_t count = std::min(kBlockRows, n_ - row);
        if (pack_a_) pack_rows(row, count, p, depth, packed_a.data());
        for (std::int64_t column = left; column < right; column += kColumns<T>) {
          tiles(row, count, p, depth, packed_a.data(), column, panel(column), kColumns<T>);
        }
      }
    }
  }

  void pack_rows(std::int64_t first, std::int64_t count, std::int64_t p, std::int64_t depth,
                 T* to) const {
    const T* a = a_.first + first * a_.row_step + p * a_.column_step;
    for (std::int64_t row = 0; row < count; row += kRows) {
      pack<kRows>(a + row * a_.row_step, a_.column_step, a_.row_step, depth,
                  std::min<std::int64_t>(kRows, count - row), to + row * depth);
    }
  }

  void pack_panel(std::int64_t first, std::int64_t p, std::int64_t depth, T* to) const {
    pack<kColumns<T>>(b_.first + p * b_.row_step + first * b_.column_step, b_.row_step,
                      b_.column_step, depth, std::min<std::int64_t>(kColumns<T>, m_ - first), to);
  }

  /// The tiles of `count` rows in one panel of columns.
  void tiles(std::int64_t first, std::int64_t count, std::int64_t p, std::int64_t depth,
             const T* packed_a, std::int64_t column, const T* b, std::int64_t b_step) const {
    const auto& kinds = pack_a_ ? kTiles<T, true> : kTiles<T, false>;
    for (std::int64_t row = 0; row < count; row += kRows) {
      MatrixView<T> a{packed_a + row * depth, 1, kRows};
      if (!pack_a_) {
        a = {a_.first + (first + row) * a_.row_step + p * a_.column_step, a_.row_step,
             a_.column_step};
      }
      kinds[std::min<std::int64_t>(kRows, count - row) - 1](
          {depth,
           a,
           b,
           b_step,
           {&y_(first + row, column), y_.row_step, y_.column_step},
           std::min<std::int64_t>(kColumns<T>, m_ - column),
           add_ || p > 0});
    }
  }

  MatrixView<T> a_, b_;
  Result<T> y_;
  std::int64_t n_, k_, m_;
  bool pack_a_, add_;
};

template <class T>
Product<T> product_of(MatrixView<T> a, MatrixView<T> b, T* y, std::int64_t y_step, std::int64_t n,
                      std::int64_t k, std::int64_t m, bool add) {
  // Tiles have room for kRows rows, but for more columns, which would be filled up with zeros.
  if (m > kRows || n <= m) return {a, b, {y, y_step, 1}, n, k, m, add};
  return {{b.first, b.column_step, b.row_step},
          {a.first, a.column_step, a.row_step},
          {y, 1, y_step},
          m,
          k,
          n,
          add};
}

}  // namespace

template <class T>
void multiply_rows(MatrixView<T> a, MatrixView<T> b, T* y, std::int64_t y_step, std::int64_t n,
                   std::int64_t k, std::int64_t m, bool add) {
  if (k > 0) {
    product_of(a, b, y, y_step, n, k, m, add).run();
  } else if (!add) {
    for (std::int64_t i = 0; i < n; ++i) std::fill_n(y + i * y_step, m, T(0));
  }
}

template <class T>
void multiply(MatrixView<T> a, MatrixView<T> b, T* y, std::int64_t n, std::int64_t k,
              std::int64_t m) {
  const Product<T> product = product_of(a, b, y, m, n, k, m, false);
  if (n * k * m < kParallelWork) {
    product.run();
  } else {
    product.run_in_parallel();
  }
}

template void multiply_rows(MatrixView<float>, MatrixView<float>, float*, std::int64_t,
                            std::int64_t, std::int64_t, std::int64_t, bool);
template void multiply_rows(MatrixView<double>, MatrixView<double>, double*, std::int64_t,
                            std::int64_t, std::int64_t, std::int64_t, bool);
template void multiply(MatrixView<float>, MatrixView<float>, float*, std::int64_t, std::int64_t,
                       std::int64_t);
template void multiply(MatrixView<double>, MatrixView<double>, double*, std::int64_t, std::int64_t,
                       std::int64_t);

}  // namespace gradus::cpu
