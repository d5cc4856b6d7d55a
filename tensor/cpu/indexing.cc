// x.index({...}) and what is made of it: a view by the plain entries of the list, and then, where
// there are tensors of indices, one offset into that view for each of their elements.
#include "tensor/indexing.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "tensor/broadcast.h"
#include "tensor/cpu/places.h"
#include "tensor/cpu/positions.h"
#include "tensor/cuda/ops/copy.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/logical_or.h"
#include "tensor/elementwise/mul.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

[[noreturn]] void throw_too_many(std::string_view op) {
  throw ShapeError("[" + std::string(op) +
                   "] items: the result has more than 8 axes; expected at most 8");
}

/// What the items choose of a tensor: a view by the plain ones; of its axes, with the new ones
/// among them counted, those that tensors index.
struct Selection {
  Tensor view;
  std::vector<int> new_axes;  // to be inserted into the view, in this order
  std::vector<int> axes;
  std::vector<Tensor> positions;  // int64, row-major, of their own shapes

  /// The result if no tensors index.
  Tensor with_new_axes(std::string_view op) const {
    Tensor y = view;
    for (const int axis : new_axes) {
      if (y.rank() == Dims::kMaxRank) throw_too_many(op);
      y = y.unsqueeze(axis);
    }
    return y;
  }
};

/// Where the elements of a result stand. Its axes are those before the indexed ones, those of the
/// indices, and those after; when axes between indexed ones are not indexed, the indices come
/// first, as in NumPy.
struct Places {
  Shape shape;      // of the result
  Shape flat;       // the same with the axes of the indices as one:
  int axis = 0;     // this one
  Tensor x, table;  // as cpu::read_places takes them, of the shape `flat`
};

std::string entry(std::string_view op, std::size_t i) {
  return "[" + std::string(op) + "] items[" + std::to_string(i) + "]: ";
}

/// How many axes of x an entry speaks of.
int axes_of(const IndexItem& item) {
  if (const Tensor* t = item.as<Tensor>()) return t->dtype() == kBool ? t->rank() : 1;
  return item.as<NoneType>() || item.as<EllipsisType>() ? 0 : 1;
}

void check_items(std::string_view op, const Tensor& x, const std::vector<IndexItem>& items) {
  check_defined(op, "x", x);
  int spoken_of = 0, dots = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Tensor* t = items[i].as<Tensor>()) {
      check_defined(op, "items", *t);
      if (t->dtype() != kBool && t->dtype() != kInt64 && t->dtype() != kInt32) {
        throw DTypeError(entry(op, i) + std::string(name(t->dtype())) +
                         "; expected int64, int32 or bool");
      }
      check_same_device(op, "x", x, "items[" + std::to_string(i) + "]", *t);
    }
    spoken_of += axes_of(items[i]);
    dots += items[i].as<EllipsisType>() != nullptr;
    if (dots > 1) throw IndexError(entry(op, i) + "a second Ellipsis; expected at most one");
  }
  if (spoken_of > x.rank()) {
    throw IndexError("[" + std::string(op) + "] items: " + std::to_string(spoken_of) +
                     " axes are indexed; expected at most " + std::to_string(x.rank()) +
                     " for shape " + to_string(x.shape()));
  }
}

void add_mask(std::string_view op, std::size_t i, const Tensor& mask, const Shape& whole, int axis,
              int in_view, Selection& s) {
  for (int k = 0; k < mask.rank(); ++k) {
    if (mask.shape()[k] != s.view.shape()[in_view + k]) {
      throw ShapeError(entry(op, i) + "mask of shape " + to_string(mask.shape()) +
                       "; expected the sizes that x of shape " + to_string(whole) +
                       " has there, axis by axis");
    }
  }
  const Tensor where = nonzero(mask);
  for (int k = 0; k < mask.rank(); ++k) {
    s.axes.push_back(axis + k);
    s.positions.push_back(where.select(1, k).contiguous());
  }
}

Selection selection(std::string_view op, const Tensor& x, const std::vector<IndexItem>& items) {
  check_items(op, x, items);
  int rest = x.rank();
  for (const IndexItem& item : items) rest -= axes_of(item);
  Selection s{x, {}, {}, {}};
  int axis = 0, own = 0;  // of the view with its new axes, and of x
  const auto in_view = [&] { return axis - static_cast<int>(s.new_axes.size()); };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Slice* range = items[i].as<Slice>()) {
      s.view = s.view.slice(in_view(), *range);
      ++axis;
    } else if (const std::int64_t* position = items[i].as<std::int64_t>()) {
      const std::int64_t size = s.view.shape()[in_view()];
      if (*position < -size || *position >= size) {
        throw IndexError(
            entry(op, i) + std::to_string(*position) + "; expected " +
            (size == 0 ? "none" : std::to_string(-size) + ".." + std::to_string(size - 1)) +
            " for axis " + std::to_string(own) + " of shape " + to_string(x.shape()));
      }
      s.view = s.view.select(in_view(), *position);
    } else if (items[i].as<NoneType>()) {
      s.new_axes.push_back(axis++);
    } else if (items[i].as<EllipsisType>()) {
      axis += rest;
      own += rest;
    } else {
      const Tensor& t = *items[i].as<Tensor>();
      if (t.dtype() == kBool && t.rank() == 0) {
        throw ShapeError(entry(op, i) + "mask of shape []; expected at least one axis");
      }
      if (t.dtype() == kBool) {
        add_mask(op, i, t, x.shape(), axis, in_view(), s);
      } else {
        s.axes.push_back(axis);
        s.positions.push_back(cpu::checked_positions(op, "items[" + std::to_string(i) + "]", t,
                                                     s.view.shape()[in_view()], own, x.shape()));
      }
      axis += axes_of(items[i]);
    }
    own += axes_of(items[i]);
  }
  return s;
}

void push(std::string_view op, std::int64_t size, Shape& shape) {
  if (shape.rank() == Dims::kMaxRank) throw_too_many(op);
  shape.push_back(size);
}

/// How far behind the first element each combination of positions stands.
Tensor sums_of(const Shape& indices, const std::vector<Tensor>& positions, const Strides& steps) {
  if (!positions[0].on_cpu()) [[unlikely]] {
    Tensor sum;
    for (std::size_t k = 0; k < positions.size(); ++k) {
      const Tensor places = mul(positions[k], Tensor(steps[static_cast<int>(k)]));
      sum = k == 0 ? places : add(sum, places);
    }
    return sum.expand(indices).contiguous();
  }
  const Tensor sums = Tensor::empty(indices, kInt64);
  std::int64_t* sum = sums.data<std::int64_t>();
  for (std::size_t k = 0; k < positions.size(); ++k) {
    const std::int64_t step = steps[static_cast<int>(k)];
    const LoopPlan<1> plan(indices, {&positions[k]});
    const std::int64_t* position = positions[k].data<std::int64_t>();
    parallel_pieces(sums.numel(), [&](std::int64_t begin, std::int64_t end) {
      plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t at) {
        for (std::int64_t i = 0; i < n; ++i) {
          const std::int64_t place = position[offset[0] + i * plan.inner(0)] * step;
          sum[at + i] = k == 0 ? place : sum[at + i] + place;
        }
      });
    });
  }
  return sums;
}

Places places_of(std::string_view op, const Selection& s) {
  Shape indices;
  for (const Tensor& t : s.positions) {
    indices = broadcast_shapes(op, indices, t.shape(), "the indices before", "one of items");
  }
  Places p;
  Strides steps, steps_of_table, step_of_index;  // of x, of the table, of the indexed axes
  const auto add_indices = [&] {
    for (const std::int64_t size : indices) push(op, size, p.shape);
    p.axis = p.flat.rank();
    p.flat.push_back(numel(indices));
    steps.push_back(0);
    steps_of_table.push_back(1);
  };
  const int count = static_cast<int>(s.axes.size());
  const bool neighbours = s.axes.back() - s.axes.front() == count - 1;
  if (!neighbours) add_indices();
  const int rank = s.view.rank() + static_cast<int>(s.new_axes.size());
  std::size_t next_new = 0;
  for (int axis = 0, own = 0; axis < rank; ++axis) {
    if (neighbours && axis == s.axes.front()) add_indices();
    const bool is_new = next_new < s.new_axes.size() && s.new_axes[next_new] == axis;
    next_new += is_new;
    const std::int64_t size = is_new ? 1 : s.view.shape()[own];
    const std::int64_t step = is_new ? 0 : s.view.strides()[own];
    own += !is_new;
    if (step_of_index.rank() < count && s.axes[step_of_index.rank()] == axis) {
      step_of_index.push_back(step);
      continue;
    }
    push(op, size, p.shape);
    push(op, size, p.flat);
    steps.push_back(step);
    steps_of_table.push_back(0);
  }
  check_sizes(op, p.shape);
  // A tensor that is written to at positions in itself needs a copy of them.
  const bool one =
      count == 1 && step_of_index[0] == 1 && !s.positions[0].shares_storage_with(s.view);
  const Tensor sums = one ? s.positions[0] : sums_of(indices, s.positions, step_of_index);
  p.x = as_strided_unchecked(s.view, p.flat, steps, 0);
  p.table = as_strided_unchecked(sums, p.flat, steps_of_table, 0);
  return p;
}

Tensor read(const Places& p) {
  const Tensor y = Tensor::empty(p.shape, p.x.dtype(), p.x.device());
  cpu::read_places(p.x, p.table, y.reshape(p.flat));
  return y;
}

void write(const Places& p, const Tensor& source, cpu::Write how) {
  cpu::write_places(p.x, p.table, source.reshape(p.flat), p.axis, how);
}

/// `value` in the shape and the dtype of what it is written to, with elements of its own.
Tensor source_for(std::string_view op, const Tensor& value, const Shape& shape, const Tensor& x) {
  if (broadcast_shapes(op, shape, value.shape(), "x at the items", "value") != shape) {
    throw ShapeError("[" + std::string(op) + "] value: shape " + to_string(value.shape()) +
                     "; expected one that broadcasts to " + to_string(shape) +
                     ", the shape of x at the items");
  }
  const Tensor source = gpu::operand_on(op, "value", value.to(x.dtype()), "x", x);
  return (source.shares_storage_with(x) ? source.clone() : source).expand(shape);
}

/// x at some positions of one axis, for the functions that index one.
Places one_axis(std::string_view op, const Tensor& x, int axis, const Tensor& index) {
  check_defined(op, "x", x);
  axis = normalize_axis(op, axis, x.shape());
  check_defined(op, "index", index);
  check_same_device(op, "x", x, "index", index);
  if (index.rank() > 1) {
    throw ShapeError("[" + std::string(op) + "] index: shape " + to_string(index.shape()) +
                     "; expected [n]");
  }
  const Tensor positions =
      cpu::checked_positions(op, "index", index, x.shape()[axis], axis, x.shape());
  return places_of(op, {x, {}, {axis}, {positions.reshape({positions.numel()})}});
}

cpu::Write adding(bool accumulate) { return accumulate ? cpu::Write::kAdd : cpu::Write::kReplace; }

/// alpha * source in the dtype of source. Whole alphas stay whole, so that whole numbers do too.
Tensor times(const Tensor& source, double alpha) {
  if (alpha == 1) return source;
  const bool whole = std::fabs(alpha) < 0x1p53 && alpha == std::trunc(alpha);
  if (is_floating(source.dtype()) || !whole) return (source * alpha).to(source.dtype());
  return (source * static_cast<std::int64_t>(alpha)).to(source.dtype());
}

}  // namespace

Tensor Tensor::index(const std::vector<IndexItem>& items) const {
  const Selection s = selection("index", *this, items);
  return s.axes.empty() ? s.with_new_axes("index") : read(places_of("index", s));
}

void Tensor::index_put(const std::vector<IndexItem>& items, const Tensor& value, bool accumulate,
                       std::source_location where) const {
  const Selection s = selection("index_put", *this, items);
  check_defined("index_put", "value", value);
  cpu::check_writable("index_put", s.view);
  if (s.axes.empty()) {
    const Tensor view = s.with_new_axes("index_put");
    const Tensor source = source_for("index_put", value, view.shape(), view);
    if (!accumulate) return view.copy_from(source, Cast::kChecked, where);
    return view.copy_from(dtype_ == kBool ? logical_or(view, source) : view + source,
                          Cast::kChecked, where);
  }
  const Places places = places_of("index_put", s);
  write(places, source_for("index_put", value, places.shape, s.view), adding(accumulate));
  mark_changed(where);
}

Tensor index_select(const Tensor& x, int axis, const Tensor& index) {
  return read(one_axis("index_select", x, axis, index));
}

Tensor index_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source,
                 double alpha) {
  const Places places = one_axis("index_add", x, axis, index);
  check_defined("index_add", "source", source);
  check_same_device("index_add", "x", x, "source", source);
  if (source.dtype() != x.dtype()) {
    throw DTypeError("[index_add] source: " + std::string(name(source.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
  if (source.shape() != places.shape) {
    throw ShapeError("[index_add] source: shape " + to_string(source.shape()) + "; expected " +
                     to_string(places.shape));
  }
  const Tensor y = x.clone();
  // The places are those of the strides of x, so y is indexed anew.
  write(one_axis("index_add", y, axis, index), times(source, alpha), cpu::Write::kAdd);
  return y;
}

Tensor index_fill(const Tensor& x, int axis, const Tensor& index, double value) {
  check_defined("index_fill", "x", x);
  const Tensor y = x.clone(), element = zeros({}, x.dtype(), x.device());
  element.fill(value);
  const Places places = one_axis("index_fill", y, axis, index);
  write(places, element.expand(places.shape), cpu::Write::kReplace);
  return y;
}

Tensor take(const Tensor& x, const Tensor& index) {
  check_defined("take", "x", x);
  check_same_device("take", "x", x, "index", index);
  const Tensor flat = x.reshape({x.numel()});
  const Tensor positions =
      cpu::checked_positions("take", "index", index, x.numel(), 0, flat.shape());
  return read(places_of("take", {flat, {}, {0}, {positions}}));
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_defined("masked_select", "x", x);
  check_defined("masked_select", "mask", mask);
  if (mask.dtype() != kBool) {
    throw DTypeError("[masked_select] mask: " + std::string(name(mask.dtype())) +
                     "; expected bool, the result of a comparison");
  }
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape(), "x", "mask");
  const Tensor flat = x.expand(shape).reshape({numel(shape)});
  return flat.index({mask.expand(shape).reshape({numel(shape)})});
}

Tensor nonzero(const Tensor& x) {
  check_defined("nonzero", "x", x);
  // How many there are is for the CPU to know anyway; a kernel would save the copies.
  if (!x.on_cpu()) [[unlikely]]
    return nonzero(x.to(kCpu)).to(x.device());
  const Tensor is_set = x.to(kBool).contiguous();
  const bool* set = is_set.data<bool>();
  const std::int64_t n = x.numel(), pieces = (n + kPieceSize - 1) / kPieceSize;
  // Counts of the pieces, which become the row where each begins.
  const Tensor starts = zeros({pieces}, kInt64);
  std::int64_t* start = starts.data<std::int64_t>();
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) start[begin / kPieceSize] += set[i];
  });
  std::int64_t count = 0;
  for (std::int64_t piece = 0; piece < pieces; ++piece) count += std::exchange(start[piece], count);
  const int rank = x.rank();
  const Tensor y = Tensor::empty({count, rank}, kInt64);
  std::int64_t* rows = y.data<std::int64_t>();
  parallel_for(pieces, [&](std::int64_t piece) {
    const std::int64_t begin = piece * kPieceSize, end = std::min(n, begin + kPieceSize);
    std::int64_t* row = rows + start[piece] * rank;
    Dims at = Dims::filled(rank, 0);
    std::int64_t rest = begin;
    for (int axis = rank - 1; axis >= 0; --axis) {
      at[axis] = rest % x.shape()[axis];
      rest /= x.shape()[axis];
    }
    for (std::int64_t i = begin; i < end; ++i) {
      if (set[i]) row = std::copy(at.begin(), at.end(), row);
      for (int axis = rank - 1; axis >= 0 && ++at[axis] == x.shape()[axis]; --axis) at[axis] = 0;
    }
  });
  return y;
}

}  // namespace gradus
