#include "tensor/assemble.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>

#include "tensor/construct.h"
#include "tensor/elementwise.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/greater_equal.h"
#include "tensor/elementwise/less_equal.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus {
namespace {

// The common dtype of a list, each tensor checked.
DType checked_list(std::string_view op, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) {
    throw ConfigError("[" + std::string(op) + "] tensors: none; expected at least one");
  }
  for (const Tensor& x : tensors) {
    check_defined(op, "tensors", x);
    check_same_device(op, "tensors[0]", tensors[0], "another", x);
  }
  DType dtype = tensors[0].dtype();
  for (const Tensor& x : tensors) dtype = promote(dtype, x.dtype());
  return dtype;
}

[[noreturn]] void throw_other_shape(std::string_view op, std::size_t i, const Tensor& x,
                                    const std::string& expected) {
  throw ShapeError("[" + std::string(op) + "] tensors[" + std::to_string(i) + "]: shape " +
                   to_string(x.shape()) + "; expected " + expected);
}

// column - row, counted over the last two axes.
Tensor distance_from_diagonal(std::string_view op, const Tensor& x) {
  check_defined(op, "x", x);
  if (x.rank() < 2) {
    throw ShapeError("[" + std::string(op) + "] x: shape " + to_string(x.shape()) +
                     "; expected at least two axes");
  }
  return (arange(x.dim(-1)) - arange(x.dim(-2)).unsqueeze(1)).to(x.device());
}

Tensor zero_like_dtype(const Tensor& x) { return zeros({}, x.dtype(), x.device()); }

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, int axis) {
  const DType dtype = checked_list("cat", tensors);
  const Shape& first = tensors[0].shape();
  if (first.rank() == 0) throw_other_shape("cat", 0, tensors[0], "at least one axis; use stack");
  const int a = normalize_axis("cat", axis, first);
  Shape shape = first;
  shape[a] = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Shape like = tensors[i].shape();
    if (like.rank() == first.rank()) like[a] = first[a];
    if (like != first) {
      throw_other_shape("cat", i, tensors[i],
                        to_string(first) + " but for axis " + std::to_string(a));
    }
    if (__builtin_add_overflow(shape[a], tensors[i].shape()[a], &shape[a])) {
      throw_other_shape("cat", i, tensors[i], "a sum of sizes below 2^63");
    }
  }
  check_sizes("cat", shape);
  const Tensor y = Tensor::empty(shape, dtype, tensors[0].device());
  std::int64_t start = 0;
  for (const Tensor& x : tensors) {
    const std::int64_t size = x.shape()[a];
    if (x.numel() > 0) y.narrow(a, start, size).copy_from(x);
    start += size;
  }
  return y;
}

Tensor stack(const std::vector<Tensor>& tensors, int axis) {
  checked_list("stack", tensors);
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].shape() != tensors[0].shape()) {
      throw_other_shape("stack", i, tensors[i], to_string(tensors[0].shape()));
    }
    rows.push_back(tensors[i].unsqueeze(axis));
  }
  return cat(rows, axis < 0 ? axis + rows[0].rank() : axis);
}

Tensor repeat(const Tensor& x, const Dims& repeats) {
  check_defined("repeat", "x", x);
  const int skip = repeats.rank() - x.rank();
  if (skip < 0 || std::any_of(repeats.begin(), repeats.end(), [](auto n) { return n < 0; })) {
    throw ShapeError("[repeat] repeats: " + to_string(repeats) +
                     "; expected a number >= 0 for each axis of shape " + to_string(x.shape()));
  }
  Shape shape = repeats;
  for (int i = 0; i < x.rank(); ++i) {
    if (__builtin_mul_overflow(shape[i + skip], x.shape()[i], &shape[i + skip])) {
      throw ShapeError("[repeat] repeats: " + to_string(repeats) + "; expected sizes below 2^63");
    }
  }
  check_sizes("repeat", shape);
  if (numel(shape) == 0) return Tensor::empty(shape, x.dtype(), x.device());
  // One axis after the other, innermost first, so that what is copied is as long as possible.
  Tensor y = x;
  while (y.rank() < repeats.rank()) y = y.unsqueeze(0);
  for (int axis = repeats.rank() - 1; axis >= 0; --axis) {
    if (repeats[axis] == 1) continue;
    if (y.rank() == Dims::kMaxRank) {  // no room for one axis more
      const std::int64_t size = y.shape()[axis];
      Shape longer = y.shape();
      longer[axis] *= repeats[axis];
      const Tensor all = Tensor::empty(longer, x.dtype(), x.device());
      for (std::int64_t i = 0; i < repeats[axis]; ++i) {
        all.narrow(axis, i * size, size).copy_from(y);
      }
      y = all;
      continue;
    }
    Shape wide = y.shape();
    wide.insert(axis, repeats[axis]);
    Shape merged = y.shape();
    merged[axis] *= repeats[axis];
    y = y.unsqueeze(axis).expand(wide).reshape(merged);
  }
  return y.shares_storage_with(x) ? y.clone() : y;
}

Tensor roll(const Tensor& x, const Dims& shifts, const Axes& axes) {
  check_defined("roll", "x", x);
  if (shifts.rank() != (axes.rank() == 0 ? 1 : axes.rank())) {
    throw ConfigError("[roll] shifts, axes: " + to_string(shifts) + " and " + to_string(axes) +
                      "; expected a shift for each axis, or one shift and no axes");
  }
  if (axes.rank() == 0) {
    return roll(x.reshape({x.numel()}), shifts, 0).reshape(x.shape());
  }
  Tensor y = x;
  for (int i = 0; i < axes.rank(); ++i) {
    const int axis = normalize_axis("roll", axes[i], x.shape());
    const std::int64_t size = x.shape()[axis];
    if (size == 0) continue;
    const std::int64_t start = ((-(shifts[i] % size)) % size + size) % size;
    y = cat({y.narrow(axis, start, size - start), y.narrow(axis, 0, start)}, axis);
  }
  return y.shares_storage_with(x) ? y.clone() : y;
}

Tensor tril(const Tensor& x, std::int64_t k) {
  return where(distance_from_diagonal("tril", x) <= k, x, zero_like_dtype(x));
}

Tensor triu(const Tensor& x, std::int64_t k) {
  return where(distance_from_diagonal("triu", x) >= k, x, zero_like_dtype(x));
}

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pads, double value) {
  check_defined("pad", "x", x);
  const auto fail = [&](const std::string& expected) {
    std::string list;
    for (const auto p : pads) list += (list.empty() ? "" : ", ") + std::to_string(p);
    throw ShapeError("[pad] pads: [" + list + "]; expected " + expected + " for shape " +
                     to_string(x.shape()));
  };
  if (pads.size() % 2 != 0 || static_cast<int>(pads.size()) > 2 * x.rank()) {
    fail("two numbers for each of the last axes");
  }
  Shape shape = x.shape();
  Tensor inside = x;
  for (std::size_t i = 0; i < pads.size() / 2; ++i) {
    const int axis = x.rank() - 1 - static_cast<int>(i);
    const std::int64_t before = pads[2 * i], after = pads[2 * i + 1];
    std::int64_t size = 0;
    if (__builtin_add_overflow(shape[axis], before, &size) ||
        __builtin_add_overflow(size, after, &size) || size < 0) {
      fail("sizes >= 0 and below 2^63");
    }
    const std::int64_t own = shape[axis];
    const auto cut_by = [own](std::int64_t pad) { return pad >= 0 ? 0 : -std::max(pad, -own); };
    const std::int64_t cut = cut_by(before);
    const std::int64_t kept = std::max<std::int64_t>(0, own - cut - cut_by(after));
    inside = inside.narrow(axis, cut, std::min(kept, size));
    shape[axis] = size;
  }
  check_sizes("pad", shape);
  const Tensor y = full(shape, value, x.dtype(), x.device());
  if (inside.numel() == 0) return y;
  Tensor middle = y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const auto i = static_cast<std::size_t>(x.rank() - 1 - axis);
    const std::int64_t before = 2 * i < pads.size() ? pads[2 * i] : 0;
    middle = middle.narrow(axis, std::max<std::int64_t>(0, before), inside.shape()[axis]);
  }
  middle.copy_from(inside);
  return y;
}

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pads, PadMode mode) {
  check_defined("pad", "x", x);
  const bool fits = pads.size() % 2 == 0 && pads.size() / 2 <= static_cast<std::size_t>(x.rank());
  if (!fits) return pad(x, pads, 0.0);  // throws
  std::vector<std::int64_t> cuts = pads;
  for (std::int64_t& cut : cuts) cut = std::min<std::int64_t>(cut, 0);
  Tensor y = pad(x, cuts, 0.0);
  const char* const names[] = {"reflect", "replicate", "circular"};
  for (std::size_t i = 0; i < pads.size() / 2; ++i) {
    const int axis = x.rank() - 1 - static_cast<int>(i);
    const std::int64_t before = std::max<std::int64_t>(0, pads[2 * i]);
    const std::int64_t after = std::max<std::int64_t>(0, pads[2 * i + 1]);
    const std::int64_t size = y.shape()[axis], longest = std::max(before, after);
    if (longest == 0) continue;
    const std::int64_t needed = mode == PadMode::kReflect    ? longest
                                : mode == PadMode::kCircular ? longest - 1
                                                             : 0;
    if (size <= needed) {
      throw ShapeError("[pad] pads: " + std::to_string(longest) + " for axis " +
                       std::to_string(axis) + " of shape " + to_string(x.shape()) +
                       "; expected more elements there for mode " + names[static_cast<int>(mode)]);
    }
    Shape shape = y.shape();
    shape[axis] = size + before;
    check_sizes("pad", shape);
    shape[axis] += after;
    check_sizes("pad", shape);
    const Tensor index = Tensor::empty({shape[axis]}, kInt64);
    for (std::int64_t j = 0; j < shape[axis]; ++j) {
      std::int64_t from = j - before;
      if (mode == PadMode::kReplicate) {
        from = std::clamp<std::int64_t>(from, 0, size - 1);
      } else if (mode == PadMode::kCircular) {
        from = (from + size) % size;
      } else if (from < 0 || from >= size) {
        from = from < 0 ? -from : 2 * (size - 1) - from;
      }
      index.data<std::int64_t>()[j] = from;
    }
    y = index_select(y, axis, index.to(x.device()));
  }
  return y;
}

Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, int axis) {
  check_defined("repeat_interleave", "x", x);
  const int a = normalize_axis("repeat_interleave", axis, x.shape());
  if (repeats < 0) {
    throw ConfigError("[repeat_interleave] repeats: " + std::to_string(repeats) +
                      "; expected numbers >= 0");
  }
  return repeat_interleave(x, full({x.shape()[a]}, repeats, kInt64), a);
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int axis) {
  check_defined("repeat_interleave", "x", x);
  check_defined("repeat_interleave", "repeats", repeats);
  const int a = normalize_axis("repeat_interleave", axis, x.shape());
  if (!is_integral(repeats.dtype())) {
    throw DTypeError("[repeat_interleave] repeats: " + std::string(name(repeats.dtype())) +
                     "; expected whole numbers");
  }
  if (repeats.shape() != Shape{x.shape()[a]}) {
    throw ShapeError("[repeat_interleave] repeats: shape " + to_string(repeats.shape()) +
                     "; expected " + to_string(Shape{x.shape()[a]}));
  }
  Shape shape = x.shape();
  shape[a] = 0;
  for (const std::int64_t n : repeats.to_vector<std::int64_t>()) {
    if (n < 0) {
      throw ConfigError("[repeat_interleave] repeats: " + std::to_string(n) +
                        "; expected numbers >= 0");
    }
    if (__builtin_add_overflow(shape[a], n, &shape[a])) {
      throw ShapeError("[repeat_interleave] repeats: a sum above 2^63; expected less");
    }
  }
  check_sizes("repeat_interleave", shape);
  const Tensor index = Tensor::empty({shape[a]}, kInt64);
  std::int64_t* to = index.data<std::int64_t>();
  std::int64_t i = 0;
  for (const std::int64_t n : repeats.to_vector<std::int64_t>()) to = std::fill_n(to, n, i++);
  return index_select(x, a, index.to(x.device()));
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, MeshOrder order) {
  checked_list("meshgrid", vectors);
  Shape shape;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (vectors[i].rank() > 1) throw_other_shape("meshgrid", i, vectors[i], "[n] or []");
    shape.push_back(vectors[i].numel());
  }
  const bool swaps = order == MeshOrder::kXY && vectors.size() > 1;
  std::vector<Tensor> grids;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    Shape own = Shape::filled(shape.rank(), 1);
    own[static_cast<int>(i)] = vectors[i].numel();
    const Tensor grid = vectors[i].reshape(own).expand(shape);
    grids.push_back(swaps ? grid.transpose(0, 1) : grid);
  }
  return grids;
}

std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) {
  checked_list("broadcast_tensors", tensors);
  Shape shape;
  for (const Tensor& x : tensors) {
    shape = broadcast_shapes("broadcast_tensors", shape, x.shape(), "the shape before",
                             "one of tensors");
  }
  std::vector<Tensor> views;
  for (const Tensor& x : tensors) views.push_back(x.expand(shape));
  return views;
}

Tensor diag(const Tensor& x, std::int64_t k) {
  check_defined("diag", "x", x);
  if (x.rank() == 2) return x.diagonal(k).clone();
  if (x.rank() != 1) {
    throw ShapeError("[diag] x: shape " + to_string(x.shape()) + "; expected one or two axes");
  }
  std::int64_t size = 0;
  if (k == std::numeric_limits<std::int64_t>::min() ||
      __builtin_add_overflow(x.numel(), std::abs(k), &size)) {
    throw ShapeError("[diag] k: " + std::to_string(k) + "; expected sizes below 2^63");
  }
  const Tensor y = zeros({size, size}, x.dtype(), x.device());
  if (x.numel() > 0) y.diagonal(k).copy_from(x);
  return y;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  check_defined("masked_fill", "x", x);
  check_defined("masked_fill", "mask", mask);
  if (mask.dtype() != kBool) {
    throw DTypeError("[masked_fill] mask: " + std::string(name(mask.dtype())) +
                     "; expected bool, the result of a comparison");
  }
  if (broadcast_shapes("masked_fill", x.shape(), mask.shape(), "x", "mask") != x.shape()) {
    throw ShapeError("[masked_fill] mask: shape " + to_string(mask.shape()) +
                     "; expected one that broadcasts to " + to_string(x.shape()));
  }
  return where(mask, full({}, value, x.dtype(), x.device()), x);
}

Tensor one_hot(const Tensor& index, std::int64_t classes) {
  check_defined("one_hot", "index", index);
  if (!is_integral(index.dtype())) {
    throw DTypeError("[one_hot] index: " + std::string(name(index.dtype())) +
                     "; expected whole numbers");
  }
  check_sizes("one_hot", {classes});
  if (index.numel() > 0) {
    const double low = min(index).item(), high = max(index).item();
    if (low < 0 || high >= static_cast<double>(classes)) {
      throw IndexError("[one_hot] index: " + to_text(low < 0 ? low : high) + "; expected 0.." +
                       std::to_string(classes - 1));
    }
  }
  return (index.unsqueeze(-1) == arange(classes).to(index.device())).to(kInt64);
}

}  // namespace gradus
