#pragma once
// The fixed tree in which reductions combine their elements, shared by the files of this folder
// that reduce. It depends on the number of elements alone: not on threads, strides or neighbours.
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "tensor/cpu/vectors.h"
#include "tensor/math.h"
#include "tensor/tensor.h"
#include "tensor/thread_pool.h"

namespace gradus::cpu::reduction {

inline constexpr int kLanes = 64;    // partial results of a block: enough to hide their latency
inline constexpr int kAhead = 2048;  // bytes: across the ends of pages, where the machine stops
inline constexpr int kRowsAhead = 16;
inline constexpr int kColumns = 32;           // neighbouring results that are reduced together
inline constexpr std::int64_t kBlock = 1024;  // elements whose lanes are summed one after another
inline constexpr std::int64_t kBlocksPerPiece = 64;  // a power of two, so that pieces are subtrees

/// Several T that are combined by the same instructions; operations on one T and on these agree.
template <class T>
using Vector [[gnu::vector_size(64)]] = T;

struct Plus {
  template <class T>
  T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {
  template <class T>
  T operator()(T a, T b) const {  // larger(a, b), in a form that vectors have too
    const T most = a > b ? a : b;
    return a != a ? a : most;
  }
};
struct Smaller {
  template <class T>
  T operator()(T a, T b) const {
    const T least = a < b ? a : b;
    return a != a ? a : least;
  }
};

/// W neighbouring results at once.
template <class T, int W>
struct Wide {
  T v[W];
};

template <class Op, class T, int W>
void combine(Wide<T, W>& into, const Wide<T, W>& right) {
  for (int w = 0; w < W; ++w) into.v[w] = Op{}(into.v[w], right.v[w]);
}

/// The partial results of one block: element i of the block goes to lane i % kLanes.
template <class Op, class T, int W, int kLanes = reduction::kLanes>
class Block {
 public:
  /// Takes the next n elements, `step` apart, for W neighbouring columns.
  void take(const T* x, std::int64_t n, std::int64_t step) {
    std::int64_t i = 0;
    if constexpr (W == 1 && !std::is_same_v<T, bool>) {
      for (; i < n && count_ % kLanes != 0; ++i) one(x + i * step);
      if (step == 1 && i + kLanes <= n) {
        const std::int64_t lines = (n - i) / kLanes;
        lines_of(lines, [&](std::int64_t line, int v) {
          const T* from = x + i + line * kLanes + v * kWidth;
          __builtin_prefetch(reinterpret_cast<const char*>(from) + kAhead);
          return load<Vector<T>>(from);
        });
        i += lines * kLanes;
      }
    }
    for (; i < n; ++i) {
      if constexpr (W > 1) {  // each row may lie in another page, where the machine looks for none
        const auto* ahead = reinterpret_cast<const char*>(x + (i + kRowsAhead) * step);
        __builtin_prefetch(ahead);
        __builtin_prefetch(ahead + (W * sizeof(T) - 1));
      }
      one(x + i * step);
    }
  }

  /// Takes the next `lines` times kLanes elements, all of which part(line, v) knows: vector v of a
  /// line. The number taken so far is a multiple of kLanes.
  template <class Part>
  void lines_of(std::int64_t lines, Part part) {
    static_assert(W == 1);
    constexpr int kVectors = kLanes / kWidth;
    Vector<T> lane[kVectors];
    std::int64_t line = 0;
    if (count_ > 0) {
      for (int v = 0; v < kVectors; ++v) lane[v] = load<Vector<T>>(lane_[v * kWidth].v);
    } else {
      for (int v = 0; v < kVectors; ++v) lane[v] = part(0, v);
      line = 1;
    }
    for (; line < lines; ++line) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) lane[v] = Op{}(lane[v], part(line, v));
    }
    for (int v = 0; v < kVectors; ++v) store(lane[v], lane_[v * kWidth].v);
    count_ += lines * kLanes;
  }

  Wide<T, W> result() {
    const int lanes = static_cast<int>(std::min<std::int64_t>(count_, kLanes));
    for (int half = kLanes / 2; half > 0; half /= 2) {
      const int count = std::min(half, lanes - half);
      for (int l = 0; l < count; ++l) combine<Op>(lane_[l], lane_[l + half]);
    }
    return lane_[0];
  }

 private:
  void one(const T* x) {
    Wide<T, W>& into = lane_[count_ % kLanes];
    if (count_ < kLanes) {
      std::copy(x, x + W, into.v);
    } else {
      for (int w = 0; w < W; ++w) into.v[w] = Op{}(into.v[w], x[w]);
    }
    ++count_;
  }

  static constexpr int kWidth = sizeof(Vector<T>) / sizeof(T);
  Wide<T, W> lane_[kLanes];
  std::int64_t count_ = 0;
};

/// Combines values in the order they come, as a balanced tree: level k holds 2^k of them.
template <class Op, class T, int W>
class Tree {
 public:
  void add(Wide<T, W> value) {
    int level = 0;
    for (; count_ >> level & 1; ++level) {
      combine<Op>(levels_[level], value);
      value = levels_[level];
    }
    levels_[level] = value;
    ++count_;
  }
  Wide<T, W> result() const {
    int level = 0;
    while (!(count_ >> level & 1)) ++level;
    Wide<T, W> value = levels_[level];
    for (++level; count_ >> level != 0; ++level) {
      if (!(count_ >> level & 1)) continue;
      Wide<T, W> left = levels_[level];
      combine<Op>(left, value);
      value = left;
    }
    return value;
  }

 private:
  Wide<T, W> levels_[44];
  std::uint64_t count_ = 0;
};

/// The axes of x in two groups, each in order, with neighbours merged where there is no gap.
struct Geometry {
  Shape kept, reduced;
  Strides kept_step, reduced_step;

  Geometry(const Tensor& x, unsigned mask) {
    for (int i = 0; i < x.rank(); ++i) {
      const std::int64_t size = x.shape()[i], step = x.strides()[i];
      if (size == 1) continue;
      const bool is_reduced = mask >> i & 1;
      Shape& sizes = is_reduced ? reduced : kept;
      Strides& steps = is_reduced ? reduced_step : kept_step;
      const int last = sizes.rank() - 1;
      if (last >= 0 && steps[last] == step * size) {
        sizes[last] *= size;
        steps[last] = step;
      } else {
        sizes.push_back(size);
        steps.push_back(step);
      }
    }
    if (reduced.rank() == 0) {
      reduced.push_back(1);
      reduced_step.push_back(0);
    }
  }
};

inline std::int64_t offset_of(std::int64_t linear, const Shape& sizes, const Strides& steps,
                              int rank) {
  std::int64_t offset = 0;
  for (int i = rank - 1; i >= 0; --i) {
    offset += linear % sizes[i] * steps[i];
    linear /= sizes[i];
  }
  return offset;
}

/// The tree over the reduced elements begin..end, counted in row-major order, so that gaps in
/// memory change nothing. For W neighbouring results; begin is a multiple of kBlock.
template <class Op, class T, int W>
Wide<T, W> reduce_range(const T* x, const Geometry& g, std::int64_t begin, std::int64_t end) {
  const int last = g.reduced.rank() - 1;
  const std::int64_t row = g.reduced[last], step = g.reduced_step[last];
  Tree<Op, T, W> tree;
  for (std::int64_t i = begin; i < end;) {
    Block<Op, T, W> block;
    for (const std::int64_t stop = std::min(end, i + kBlock); i < stop;) {
      const std::int64_t column = i % row, n = std::min(row - column, stop - i);
      block.take(x + offset_of(i / row, g.reduced, g.reduced_step, last) + column * step, n, step);
      i += n;
    }
    tree.add(block.result());
  }
  return tree.result();
}

/// Everything below x for W neighbouring results.
template <class Op, class T, int W>
Wide<T, W> reduce_one(const T* x, const Geometry& g) {
  if (g.reduced.rank() == 1 && g.reduced[0] <= kBlock) {
    Block<Op, T, W> block;
    block.take(x, g.reduced[0], g.reduced_step[0]);
    return block.result();
  }
  return reduce_range<Op, T, W>(x, g, 0, numel(g.reduced));
}

/// A single result of many elements: pieces of the tree in parallel.
template <class Op, class T>
T reduce_many(const T* x, const Geometry& g) {
  constexpr std::int64_t kPiece = kBlock * kBlocksPerPiece;
  const std::int64_t n = numel(g.reduced), pieces = (n + kPiece - 1) / kPiece;
  const Tensor partial = Tensor::empty({pieces}, dtype_of<T>());
  T* results = partial.data<T>();
  parallel_for(pieces, [&](std::int64_t piece) {
    const std::int64_t begin = piece * kPiece;
    results[piece] = reduce_range<Op, T, 1>(x, g, begin, std::min(n, begin + kPiece)).v[0];
  });
  Tree<Op, T, 1> tree;
  for (std::int64_t i = 0; i < pieces; ++i) tree.add({{results[i]}});
  return tree.result().v[0];
}

template <class Op, class T>
void reduce_into(const Tensor& x, unsigned mask, T* out) {
  const Geometry g(x, mask);
  const T* data = static_cast<const T*>(x.raw_data());
  const std::int64_t outputs = numel(g.kept), each = numel(g.reduced);
  if (outputs == 1 && each > kBlock * kBlocksPerPiece) {
    out[0] = reduce_many<Op>(data, g);
    return;
  }
  const int last = g.kept.rank() - 1;
  const std::int64_t row = last < 0 ? 1 : g.kept[last];
  const std::int64_t step = last < 0 ? 0 : g.kept_step[last];
  const std::int64_t outer = outputs / row;
  // Columns of a row-major matrix are reduced together, so that memory is read in order.
  const std::int64_t group = step == 1 ? kColumns : 1;
  const std::int64_t groups = (row + group - 1) / group, tasks = outer * groups;
  const std::int64_t per_piece = std::max<std::int64_t>(1, kPieceSize / (each * group));
  parallel_for((tasks + per_piece - 1) / per_piece, [&](std::int64_t piece) {
    for (std::int64_t t = piece * per_piece; t < std::min(tasks, (piece + 1) * per_piece); ++t) {
      const std::int64_t first = t % groups * group, count = std::min(group, row - first);
      const T* from = data + offset_of(t / groups, g.kept, g.kept_step, last) + first * step;
      T* to = out + t / groups * row + first;
      if (count == kColumns) {
        const auto result = reduce_one<Op, T, kColumns>(from, g);
        std::copy(result.v, result.v + kColumns, to);
      } else {
        for (std::int64_t c = 0; c < count; ++c) {
          to[c] = reduce_one<Op, T, 1>(from + c * step, g).v[0];
        }
      }
    }
  });
}

}  // namespace gradus::cpu::reduction
