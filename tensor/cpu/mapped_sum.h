#pragma once
// Sums over f(x_i) in the fixed tree, for an f of its own at every result (x_i minus the mean of
// its line, say), without a tensor that holds f(x).
#include "tensor/cpu/loops.h"
#include "tensor/cpu/reduce.h"

namespace gradus::cpu {

inline constexpr std::int64_t kPart = 256;           // elements gathered and mapped together
inline constexpr int kPartLanes = 32;                // partial results of a part
inline constexpr std::int64_t kPartsPerPiece = 256;  // a power of two, so that pieces are subtrees
inline constexpr std::int64_t kSerialGroups = 64;    // fewer lines are cut into pieces

/// values = f(values). Not inlined, so that every element goes through one and the same vector
/// code.
template <class B, class F>
[[gnu::noinline]] void map_in_place(B* values, std::int64_t blocks, F f) {
  for (; blocks > 0; --blocks, values += kLanes) {
#pragma omp simd
    for (int lane = 0; lane < kLanes; ++lane) values[lane] = f(values[lane]);
  }
}

/// Whether f also takes vectors of B: then it consists of exact IEEE operations, and vectors give
/// the same bits as single numbers.
template <class F, class B>
constexpr bool kOnVectors = std::is_invocable_v<F, reduction::Vector<B>>;

/// sum of f(x_i) over kPart neighbours, without a buffer.
template <class B, class T, class F>
B sum_of_part(const T* x, F f) {
  using Wide = reduction::Vector<B>;
  constexpr int kWidth = sizeof(Wide) / sizeof(B);
  using Narrow [[gnu::vector_size(kWidth * sizeof(T))]] = T;
  reduction::Block<reduction::Plus, B, 1, kPartLanes> block;
  block.lines_of(kPart / kPartLanes, [&](std::int64_t line, int v) {
    const T* from = x + line * kPartLanes + v * kWidth;
    __builtin_prefetch(reinterpret_cast<const char*>(from) + reduction::kAhead);
    return f(__builtin_convertvector(load<Narrow>(from), Wide));
  });
  return block.result().v[0];
}

/// out[k] = sum over line k of f(x_i), with f = map(k) and the sum taken in B. Lines are those
/// along the axes of `mask`, k counts them in row-major order. There must be elements.
template <class B, class T, class Map>
void mapped_sum(const Tensor& x, unsigned mask, const Map& map, B* out) {
  using reduction::offset_of;
  const reduction::Geometry g(x, mask);
  const T* data = static_cast<const T*>(x.raw_data());
  const std::int64_t outputs = numel(g.kept), each = numel(g.reduced);
  const int last = g.kept.rank() - 1, inner = g.reduced.rank() - 1;
  const std::int64_t row = last < 0 ? 1 : g.kept[last], step = last < 0 ? 0 : g.kept_step[last];
  const std::int64_t run = g.reduced[inner], run_step = g.reduced_step[inner];
  // Neighbouring columns are gathered together, so that memory is read in order.
  const std::int64_t width = step == 1 && run_step != 1 ? kLanes : 1;
  const std::int64_t groups = (row + width - 1) / width, tasks = outputs / row * groups;

  // The tree over elements begin..end of the lines of one task, to sums[0..width).
  const auto sum_lines = [&](std::int64_t task, std::int64_t begin, std::int64_t end, B* sums) {
    const std::int64_t first = task % groups * width, count = std::min(width, row - first);
    const T* from = data + offset_of(task / groups, g.kept, g.kept_step, last) + first * step;
    const std::int64_t output = task / groups * row + first;
    reduction::Tree<reduction::Plus, B, 1> trees[kLanes];
    alignas(64) B values[kLanes][kPart];
    for (std::int64_t part = begin; part < end; part += kPart) {
      const std::int64_t n = std::min(kPart, end - part);
      if constexpr (kOnVectors<decltype(map(output)), B>) {
        const std::int64_t at = part % run;
        if (n == kPart && run_step == 1 && at + n <= run && count == 1) {
          const T* a = from + offset_of(part / run, g.reduced, g.reduced_step, inner) + at;
          trees[0].add({{sum_of_part<B>(a, map(output))}});
          continue;
        }
      }
      for (std::int64_t i = part; i < part + n;) {
        const std::int64_t at = i % run, m = std::min(run - at, part + n - i);
        const T* a = from + offset_of(i / run, g.reduced, g.reduced_step, inner) + at * run_step;
        B* to = values[0] + (i - part);
        if (count == 1) {
          for (std::int64_t j = 0; j < m; ++j) to[j] = static_cast<B>(a[j * run_step]);
        } else {
          for (std::int64_t j = 0; j < m; ++j) {
            for (std::int64_t c = 0; c < count; ++c) {
              to[c * kPart + j] = static_cast<B>(a[j * run_step + c]);
            }
          }
        }
        i += m;
      }
      const std::int64_t blocks = (n + kLanes - 1) / kLanes;
      for (std::int64_t c = 0; c < count; ++c) {
        std::fill(values[c] + n, values[c] + blocks * kLanes, values[c][n - 1]);
        map_in_place(values[c], blocks, map(output + c));
        reduction::Block<reduction::Plus, B, 1, kPartLanes> block;
        block.take(values[c], n, 1);
        trees[c].add(block.result());
      }
    }
    for (std::int64_t c = 0; c < count; ++c) sums[c] = trees[c].result().v[0];
  };

  constexpr std::int64_t kPiece = kPart * kPartsPerPiece;
  const std::int64_t pieces = tasks < kSerialGroups ? (each + kPiece - 1) / kPiece : 1;
  if (pieces == 1) {
    const std::int64_t per_piece = std::max<std::int64_t>(1, kPieceSize / (each * width));
    parallel_for((tasks + per_piece - 1) / per_piece, [&](std::int64_t piece) {
      for (std::int64_t t = piece * per_piece; t < std::min(tasks, (piece + 1) * per_piece); ++t) {
        sum_lines(t, 0, each, out + t / groups * row + t % groups * width);
      }
    });
    return;
  }
  const Tensor partial = Tensor::empty({tasks, pieces, width}, dtype_of<B>());
  B* sums = partial.data<B>();
  parallel_for(tasks * pieces, [&](std::int64_t i) {
    const std::int64_t begin = i % pieces * kPiece;
    sum_lines(i / pieces, begin, std::min(each, begin + kPiece), sums + i * width);
  });
  for (std::int64_t t = 0; t < tasks; ++t) {
    const std::int64_t first = t % groups * width, count = std::min(width, row - first);
    for (std::int64_t c = 0; c < count; ++c) {
      reduction::Tree<reduction::Plus, B, 1> tree;
      for (std::int64_t p = 0; p < pieces; ++p) tree.add({{sums[(t * pieces + p) * width + c]}});
      out[t / groups * row + first + c] = tree.result().v[0];
    }
  }
}

}  // namespace gradus::cpu
