// x.index({...}) and what is made of it: a view by the plain entries of the list, and then, where
// there are tensors of indices, one offset into that view for each of their elements.
#include "tensor/indexing.h"

#include <cstring>
#include <string>

#include "tensor/broadcast.h"
#include "tensor/cpu/positions.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

/// A view, and the axes of it that tensors index.
struct Selection {
  Tensor view;
  std::vector<int> axes;
  std::vector<Tensor> positions;  // int64, row-major, of their own shapes
};

/// The axes of the result: those before the indexed ones, those of the indices, those after. When
/// axes between indexed ones are not indexed, the indices come first, as in NumPy.
struct Places {
  Shape before, indices, after;
  Strides before_step, after_step;
  Tensor offsets;  // of the elements of `indices`, in elements of the view

  Shape shape() const {
    Shape all = before;
    for (const std::int64_t size : indices) all.push_back(size);
    for (const std::int64_t size : after) all.push_back(size);
    return all;
  }
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
              Selection& s) {
  for (int k = 0; k < mask.rank(); ++k) {
    if (mask.shape()[k] != s.view.shape()[axis + k]) {
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
  Selection s{x, {}, {}};
  int axis = 0, own = 0;  // of the view, and of x
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Slice* range = items[i].as<Slice>()) {
      s.view = s.view.slice(axis++, *range);
    } else if (const std::int64_t* position = items[i].as<std::int64_t>()) {
      const std::int64_t size = s.view.shape()[axis];
      if (*position < -size || *position >= size) {
        throw IndexError(
            entry(op, i) + std::to_string(*position) + "; expected " +
            (size == 0 ? "none" : std::to_string(-size) + ".." + std::to_string(size - 1)) +
            " for axis " + std::to_string(own) + " of shape " + to_string(x.shape()));
      }
      s.view = s.view.select(axis, *position);
    } else if (items[i].as<NoneType>()) {
      s.view = s.view.unsqueeze(axis++);
    } else if (items[i].as<EllipsisType>()) {
      axis += rest;
      own += rest;
    } else {
      const Tensor& t = *items[i].as<Tensor>();
      if (t.dtype() == kBool && t.rank() == 0) {
        throw ShapeError(entry(op, i) + "mask of shape []; expected at least one axis");
      }
      if (t.dtype() == kBool) {
        add_mask(op, i, t, x.shape(), axis, s);
      } else {
        s.axes.push_back(axis);
        s.positions.push_back(cpu::checked_positions(op, "items[" + std::to_string(i) + "]", t,
                                                     s.view.shape()[axis], own, x.shape()));
      }
      axis += axes_of(items[i]);
    }
    own += axes_of(items[i]);
  }
  return s;
}

Places places_of(std::string_view op, const Selection& s) {
  Places p;
  for (const Tensor& t : s.positions) {
    p.indices = broadcast_shapes(op, p.indices, t.shape(), "the indices before", "one of items");
  }
  const int first = s.axes.front(), count = static_cast<int>(s.axes.size());
  const bool together = s.axes.back() - first == count - 1;
  std::size_t next = 0;
  for (int axis = 0; axis < s.view.rank(); ++axis) {
    if (next < s.axes.size() && s.axes[next] == axis) {
      ++next;
      continue;
    }
    const bool goes_before = together && axis < first;
    (goes_before ? p.before : p.after).push_back(s.view.shape()[axis]);
    (goes_before ? p.before_step : p.after_step).push_back(s.view.strides()[axis]);
  }
  check_sizes(op, p.shape());
  p.offsets = zeros(p.indices, kInt64);
  std::int64_t* sum = p.offsets.data<std::int64_t>();
  for (std::size_t k = 0; k < s.axes.size(); ++k) {
    const std::int64_t step = s.view.strides()[s.axes[k]];
    const LoopPlan<1> plan(p.indices, {&s.positions[k]});
    const std::int64_t* position = s.positions[k].data<std::int64_t>();
    plan.rows(0, p.offsets.numel(), [&](const auto& offset, std::int64_t n, std::int64_t at) {
      for (std::int64_t i = 0; i < n; ++i) {
        sum[at + i] += position[offset[0] + i * plan.inner(0)] * step;
      }
    });
  }
  return p;
}

/// visit(offset in the view, position in the result, n, step): runs of n elements that are
/// neighbours in the result and `step` apart in the view. `columns` of the axes after the indices
/// go to a piece of parallel work, all indices for them in order, so that those that meet in one
/// element meet in order.
template <class Visit>
void walk(const Places& p, const Tensor& view, bool in_order, Visit visit) {
  const std::int64_t outer = numel(p.before), n = p.offsets.numel(), width = numel(p.after);
  if (outer == 0 || n == 0 || width == 0) return;
  const Tensor rows = as_strided_unchecked(view, p.before, p.before_step, 0);
  const Tensor row = as_strided_unchecked(view, p.after, p.after_step, 0);
  const LoopPlan<1> outer_plan(p.before, {&rows}), plan(p.after, {&row});
  const std::int64_t* offsets = p.offsets.data<std::int64_t>();
  const auto one = [&](std::int64_t o, std::int64_t i, std::int64_t begin, std::int64_t end) {
    std::int64_t base = offsets[i];
    outer_plan.rows(o, o + 1, [&](const auto& offset, auto, auto) { base += offset[0]; });
    const std::int64_t at = (o * n + i) * width;
    if (width == 1) return visit(base, at, 1, std::int64_t{1});
    plan.rows(begin, end, [&](const auto& offset, std::int64_t m, std::int64_t position) {
      visit(base + offset[0], at + position, m, plan.inner(0));
    });
  };
  if (!in_order) {
    const std::int64_t tasks = outer * n, group = std::max<std::int64_t>(1, kPieceSize / width);
    parallel_for((tasks + group - 1) / group, [&](std::int64_t piece) {
      for (std::int64_t t = piece * group; t < std::min(tasks, (piece + 1) * group); ++t) {
        one(t / n, t % n, 0, width);
      }
    });
    return;
  }
  const std::int64_t columns = std::max<std::int64_t>(64, kPieceSize / n);
  const std::int64_t chunks = (width + columns - 1) / columns;
  const std::int64_t group = std::max<std::int64_t>(1, kPieceSize / (n * std::min(width, columns)));
  const std::int64_t tasks = outer * chunks;
  parallel_for((tasks + group - 1) / group, [&](std::int64_t piece) {
    for (std::int64_t t = piece * group; t < std::min(tasks, (piece + 1) * group); ++t) {
      const std::int64_t begin = t % chunks * columns;
      for (std::int64_t i = 0; i < n; ++i) {
        one(t / chunks, i, begin, std::min(width, begin + columns));
      }
    }
  });
}

Tensor read(const Places& p, const Tensor& view) {
  const Tensor y = Tensor::empty(p.shape(), view.dtype());
  cpu::dispatch_size(size_of(view.dtype()), [&]<class T>(std::type_identity<T>) {
    const T* from = static_cast<const T*>(view.raw_data());
    T* to = static_cast<T*>(y.raw_data());
    walk(p, view, false, [&](std::int64_t offset, std::int64_t at, std::int64_t n, auto step) {
      if (step == 1 && n > 1) {
        std::memcpy(to + at, from + offset, n * sizeof(T));
      } else {
        for (std::int64_t i = 0; i < n; ++i) to[at + i] = from[offset + i * step];
      }
    });
  });
  return y;
}

/// `value` as a row-major tensor of the shape and dtype of what it is written to.
Tensor source_for(std::string_view op, const Tensor& value, const Shape& shape, const Tensor& x) {
  if (broadcast_shapes(op, shape, value.shape(), "x at the items", "value") != shape) {
    throw ShapeError("[" + std::string(op) + "] value: shape " + to_string(value.shape()) +
                     "; expected one that broadcasts to " + to_string(shape) +
                     ", the shape of x at the items");
  }
  const Tensor source = value.to(x.dtype()).expand(shape).contiguous();
  return source.shares_storage_with(x) ? source.clone() : source;
}

void write(const Places& p, const Tensor& view, const Tensor& source, bool accumulate) {
  dispatch(view.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = static_cast<const T*>(source.raw_data());
    T* to = static_cast<T*>(view.raw_data());
    walk(p, view, true, [&](std::int64_t offset, std::int64_t at, std::int64_t n, auto step) {
      for (std::int64_t i = 0; i < n; ++i) {
        T& y = to[offset + i * step];
        y = accumulate ? static_cast<T>(y + from[at + i]) : from[at + i];
      }
    });
  });
}

/// x at some positions of one axis, for the functions that index one.
Places one_axis(std::string_view op, const Tensor& x, int axis, const Tensor& index) {
  check_defined(op, "x", x);
  axis = normalize_axis(op, axis, x.shape());
  check_defined(op, "index", index);
  if (index.rank() > 1) {
    throw ShapeError("[" + std::string(op) + "] index: shape " + to_string(index.shape()) +
                     "; expected [n]");
  }
  const Tensor positions =
      cpu::checked_positions(op, "index", index, x.shape()[axis], axis, x.shape());
  return places_of(op, {x, {axis}, {positions.reshape({-1})}});
}

}  // namespace

Tensor Tensor::index(const std::vector<IndexItem>& items) const {
  const Selection s = selection("index", *this, items);
  return s.axes.empty() ? s.view : read(places_of("index", s), s.view);
}

void Tensor::index_put(const std::vector<IndexItem>& items, const Tensor& value,
                       bool accumulate, std::source_location where) const {
  const Selection s = selection("index_put", *this, items);
  check_defined("index_put", "value", value);
  cpu::check_writable("index_put", s.view);
  if (s.axes.empty()) {
    const Tensor source = source_for("index_put", value, s.view.shape(), s.view);
    return s.view.copy_from(accumulate ? s.view + source : source, Cast::kChecked, where);
  }
  const Places places = places_of("index_put", s);
  write(places, s.view, source_for("index_put", value, places.shape(), s.view), accumulate);
  mark_changed(where);
}

Tensor index_select(const Tensor& x, int axis, const Tensor& index) {
  return read(one_axis("index_select", x, axis, index), x);
}

Tensor index_add(const Tensor& x, int axis, const Tensor& index, const Tensor& source,
                 double alpha) {
  const Places places = one_axis("index_add", x, axis, index);
  check_defined("index_add", "source", source);
  if (source.dtype() != x.dtype()) {
    throw DTypeError("[index_add] source: " + std::string(name(source.dtype())) + "; expected " +
                     std::string(name(x.dtype())) + ", the dtype of x");
  }
  if (source.shape() != places.shape()) {
    throw ShapeError("[index_add] source: shape " + to_string(source.shape()) + "; expected " +
                     to_string(places.shape()));
  }
  const Tensor y = x.clone();
  // The offsets are those of the strides of x, so y is indexed anew.
  const Tensor scaled = alpha == 1 ? source : (source * alpha).to(x.dtype());
  write(one_axis("index_add", y, axis, index), y, scaled.contiguous(), true);
  return y;
}

Tensor index_fill(const Tensor& x, int axis, const Tensor& index, double value) {
  one_axis("index_fill", x, axis, index);
  const Tensor y = x.clone();
  const Places places = one_axis("index_fill", y, axis, index);
  const Tensor element = zeros({}, x.dtype());
  element.fill(value);
  write(places, y, element.expand(places.shape()).contiguous(), false);
  return y;
}

Tensor take(const Tensor& x, const Tensor& index) {
  check_defined("take", "x", x);
  const Tensor flat = x.reshape({x.numel()});
  const Tensor positions =
      cpu::checked_positions("take", "index", index, x.numel(), 0, flat.shape());
  return read(places_of("take", {flat, {0}, {positions}}), flat);
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
  const Tensor is_set = x.to(kBool).contiguous();
  const bool* set = is_set.data<bool>();
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) count += set[i];
  const Tensor y = Tensor::empty({count, x.rank()}, kInt64);
  std::int64_t* to = y.data<std::int64_t>();
  Dims position = Dims::filled(x.rank(), 0);
  for (std::int64_t i = 0; count > 0; ++i) {
    if (set[i]) {
      for (int axis = 0; axis < x.rank(); ++axis) *to++ = position[axis];
      --count;
    }
    for (int axis = x.rank() - 1; axis >= 0 && ++position[axis] == x.shape()[axis]; --axis) {
      position[axis] = 0;
    }
  }
  return y;
}

}  // namespace gradus
