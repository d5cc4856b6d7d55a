// Positions of extremes: the extreme first, in the tree, then the first element that equals it.
#include <limits>

#include "tensor/assemble.h"
#include "tensor/cpu/reduce.h"
#include "tensor/cpu/reduce_door.h"
#include "tensor/cpu/slabs.h"
#include "tensor/cuda/ops/reduce.h"
#include "tensor/elementwise.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

using cpu::reduction::offset_of;

constexpr std::int64_t kNowhere = std::numeric_limits<std::int64_t>::max();
constexpr int kColumns = 16;

/// The same number, or NaN both.
template <class T>
bool same(T a, T b) {
  return (a == b) | ((a != a) & (b != b));
}

/// Whether one of kBlock neighbours is the same as `wanted`.
constexpr std::int64_t kBlock = 512;
template <class T>
bool contains(const T* x, T wanted) {
  using Wide = cpu::reduction::Vector<T>;
  constexpr int kWidth = sizeof(Wide) / sizeof(T);
  const bool is_nan = wanted != wanted;
  const Wide all = wanted - Wide{};
  auto found = all != all;
  found ^= found;
  for (std::int64_t i = 0; i < kBlock; i += kWidth) {
    const Wide part = cpu::load<Wide>(x + i);
    found |= is_nan ? part != part : part == all;
  }
  bool any = false;
  for (int i = 0; i < kWidth; ++i) any |= found[i] != 0;
  return any;
}

/// First i with x[i * step] the same as `wanted`; kNowhere without one.
template <class T>
std::int64_t find_in_line(const T* x, std::int64_t n, std::int64_t step, T wanted) {
  std::int64_t i = 0;
  while (step == 1 && i + kBlock <= n && !contains(x + i, wanted)) i += kBlock;
  for (; i < n; ++i) {
    if (same(x[i * step], wanted)) return i;
  }
  return kNowhere;
}

/// The same for kColumns neighbouring lines.
template <class T>
void find_in_columns(const T* x, std::int64_t n, std::int64_t step, const T* wanted,
                     std::int64_t* index) {
  std::fill(index, index + kColumns, kNowhere);
  for (std::int64_t i = 0; i < n; ++i) {
    const T* row = x + i * step;
    bool all_found = true;
    for (int c = 0; c < kColumns; ++c) {
      index[c] = (index[c] == kNowhere) & same(row[c], wanted[c]) ? i : index[c];
      all_found &= index[c] != kNowhere;
    }
    if (all_found) return;
  }
}

/// index[k] = first place along line k with the element wanted[k], which becomes that element (it
/// may have been the other zero). Lines have one stride.
template <class T>
void find(const Tensor& x, unsigned mask, T* wanted, std::int64_t* index) {
  const cpu::reduction::Geometry g(x, mask);
  const T* data = static_cast<const T*>(x.raw_data());
  const std::int64_t outputs = numel(g.kept), n = g.reduced[0], along = g.reduced_step[0];
  if (outputs == 1) {
    index[0] = find_in_line(data, n, along, wanted[0]);
    wanted[0] = data[index[0] * along];
    return;
  }
  const int last = g.kept.rank() - 1;
  const std::int64_t row = g.kept[last], step = g.kept_step[last];
  const std::int64_t width = step == 1 && along != 1 ? kColumns : 1;
  const std::int64_t groups = (row + width - 1) / width, tasks = outputs / row * groups;
  const std::int64_t per_piece = std::max<std::int64_t>(1, kPieceSize / (n * width));
  parallel_for((tasks + per_piece - 1) / per_piece, [&](std::int64_t piece) {
    for (std::int64_t t = piece * per_piece; t < std::min(tasks, (piece + 1) * per_piece); ++t) {
      const std::int64_t first = t % groups * width, count = std::min(width, row - first);
      const std::int64_t k = t / groups * row + first;
      const T* from = data + offset_of(t / groups, g.kept, g.kept_step, last) + first * step;
      if (count == kColumns) {
        find_in_columns(from, n, along, wanted + k, index + k);
      } else {
        for (std::int64_t c = 0; c < count; ++c) {
          index[k + c] = find_in_line(from + c * step, n, along, wanted[k + c]);
        }
      }
      for (std::int64_t c = 0; c < count; ++c) {
        wanted[k + c] = from[c * step + index[k + c] * along];
      }
    }
  });
}

enum class Extreme { kLargest, kSmallest };

Tensor extremes(Extreme which, const Tensor& x, const Axes& axes, bool keepdim = false) {
  return which == Extreme::kLargest ? max(x, axes, keepdim) : min(x, axes, keepdim);
}

/// One line of many elements, which are read once: the extremes of its pieces first, then the place
/// within the first piece that has the extreme of all.
template <class T>
std::int64_t find_in_all(Extreme which, const Tensor& x, T* value) {
  const cpu::Rows pieces(x);
  const std::int64_t rows = pieces.rows.dim(0);
  const Tensor tops = extremes(which, pieces.rows, {1});
  Tensor top = extremes(which, tops, {0});
  if (pieces.rest.numel() > 0) {
    top = extremes(which, stack({top, extremes(which, pieces.rest, {})}), {0});
  }
  const T wanted = top.item<T>();
  const std::int64_t row = find_in_line(tops.data<T>(), rows, 1, wanted);
  const Tensor piece = row < kNowhere ? pieces.rows.select(0, row) : pieces.rest;
  const std::int64_t at = find_in_line(piece.data<T>(), piece.numel(), 1, wanted);
  *value = piece.data<T>()[at];
  return std::min(row, rows) * cpu::kSlab + at;
}

/// Along one axis, or over all elements. The values come in the dtype to compute in.
ValuesAndIndices extreme_along(std::string_view op, Extreme which, const Tensor& x,
                               std::optional<int> axis, bool keepdim) {
  check_defined(op, "x", x);
  const Axes axes = axis ? Axes(*axis) : Axes();
  const unsigned mask = axes_mask(op, axes, x.shape());
  const Shape shape = reduced_shape(x.shape(), mask, keepdim);
  if (x.numel() == 0) {
    if (numel(shape) > 0) cpu::throw_no_elements(op, x);
    return {Tensor::empty(shape, x.dtype(), x.device()), Tensor::empty(shape, kInt64, x.device())};
  }
  Tensor input = x.to(compute_dtype(x.dtype()));
  if (!x.on_cpu()) [[unlikely]] {
    return gpu::find_extremes(which == Extreme::kLargest, input, mask, shape);
  }
  const Tensor indices = Tensor::empty(shape, kInt64);
  if (!axis) input = input.contiguous();
  const Tensor values = Tensor::empty(shape, input.dtype());
  dispatch_compute(input.dtype(), [&]<class T>(std::type_identity<T>) {
    std::int64_t* found = indices.data<std::int64_t>();
    T* v = values.data<T>();
    if (indices.numel() == 1 && x.numel() > 2 * cpu::kSlab) {
      found[0] = find_in_all<T>(which, input, v);
      return;
    }
    cpu::for_slabs(input, mask, [&](const Tensor& part, std::int64_t first) {
      const Tensor wanted = extremes(which, part, axes);
      std::copy_n(wanted.data<T>(), wanted.numel(), v + first);
      find<T>(part, mask, v + first, found + first);
    });
  });
  return {values, indices};
}

ValuesAndIndices extreme_with_dtype(std::string_view op, Extreme which, const Tensor& x, int axis,
                                    bool keepdim) {
  ValuesAndIndices found = extreme_along(op, which, x, axis, keepdim);
  found.values = found.values.to(x.dtype());
  return found;
}

}  // namespace

Tensor argmax(const Tensor& x, std::optional<int> axis, bool keepdim) {
  return extreme_along("argmax", Extreme::kLargest, x, axis, keepdim).indices;
}

Tensor argmin(const Tensor& x, std::optional<int> axis, bool keepdim) {
  return extreme_along("argmin", Extreme::kSmallest, x, axis, keepdim).indices;
}

ValuesAndIndices max_with_indices(const Tensor& x, int axis, bool keepdim) {
  return extreme_with_dtype("max_with_indices", Extreme::kLargest, x, axis, keepdim);
}

ValuesAndIndices min_with_indices(const Tensor& x, int axis, bool keepdim) {
  return extreme_with_dtype("min_with_indices", Extreme::kSmallest, x, axis, keepdim);
}

}  // namespace gradus
