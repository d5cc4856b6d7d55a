// Filling, copying with conversion, selection of rows, and where: everything that moves elements.
#include <cstring>
#include <string>

#include "tensor/broadcast.h"
#include "tensor/convert.h"
#include "tensor/elementwise.h"
#include "tensor/row_ops.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

std::int64_t checked_row(std::string_view op, std::int64_t index, std::int64_t rows) {
  const std::int64_t i = index < 0 ? index + rows : index;
  if (i >= 0 && i < rows) return i;
  throw IndexError("[" + std::string(op) + "] index: " + std::to_string(index) + "; expected " +
                   std::to_string(-rows) + ".." + std::to_string(rows - 1) + " for " +
                   std::to_string(rows) + " rows");
}

void check_index(std::string_view op, const Tensor& index) {
  check_defined(op, "index", index);
  if (index.dtype() != kInt64) {
    throw DTypeError("[" + std::string(op) + "] index: " + std::string(name(index.dtype())) +
                     "; expected int64");
  }
  if (index.rank() != 1) {
    throw ShapeError("[" + std::string(op) + "] index: shape " + to_string(index.shape()) +
                     "; expected [n]");
  }
}

}  // namespace

void Tensor::fill(const Tensor& value, std::source_location where) const {
  check_defined("fill", "x", *this);
  check_defined("fill", "value", value);
  if (value.numel() != 1) {
    throw ShapeError("[fill] value: shape " + to_string(value.shape()) +
                     "; expected exactly one element");
  }
  copy_from(value.rank() == 0 ? value : value.reshape({}), Cast::kChecked, where);
}

void Tensor::copy_from(const Tensor& source, Cast cast, std::source_location where) const {
  check_defined("copy_from", "x", *this);
  check_defined("copy_from", "source", source);
  if (broadcast_shapes("copy_from", shape_, source.shape(), "x", "source") != shape_) {
    throw ShapeError("[copy_from] source: shape " + to_string(source.shape()) +
                     "; expected one that broadcasts to " + to_string(shape_));
  }
  for (int axis = 0; axis < rank(); ++axis) {
    if (strides_[axis] == 0 && shape_[axis] > 1) {
      throw ShapeError("[copy_from] x: axis " + std::to_string(axis) + " of shape " +
                       to_string(shape_) +
                       " repeats one element (expand); expected elements of its own; use clone()");
    }
  }
  // Elements that overlap in memory must be read before they are written.
  const bool overlaps = shares_storage_with(source);
  const Tensor from = overlaps ? source.clone() : source;
  if (from.dtype() == dtype_ && from.shape() == shape_ && from.is_contiguous() && is_contiguous() &&
      numel() <= kPieceSize) {
    std::memcpy(raw_data(), from.raw_data(), numel() * size_of(dtype_));
    mark_changed(where);
    return;
  }
  convert_elements("copy_from", from, *this, cast);
  mark_changed(where);
}

Tensor where(const Tensor& cond, const Tensor& a, const Tensor& b) {
  check_defined("where", "cond", cond);
  check_defined("where", "a", a);
  check_defined("where", "b", b);
  if (cond.dtype() != kBool) {
    throw DTypeError("[where] cond: " + std::string(name(cond.dtype())) +
                     "; expected bool, the result of a comparison");
  }
  const DType dtype = result_type(a, b);
  const Shape shape = broadcast_shapes("where", broadcast_shapes("where", a.shape(), b.shape()),
                                       cond.shape(), "a with b", "cond");
  const Tensor x = a.to(dtype), y = b.to(dtype);
  Tensor out = Tensor::empty(shape, dtype);
  const LoopPlan<3> plan(shape, {&cond, &x, &y});
  dispatch(dtype, [&]<class T>(std::type_identity<T>) {
    T* to = static_cast<T*>(out.raw_data());
    parallel_pieces(out.numel(), [&](std::int64_t begin, std::int64_t end) {
      plan.rows(begin, end, [&](const auto& offset, std::int64_t n, std::int64_t position) {
        const bool* c = static_cast<const bool*>(cond.raw_data()) + offset[0];
        const T* u = static_cast<const T*>(x.raw_data()) + offset[1];
        const T* v = static_cast<const T*>(y.raw_data()) + offset[2];
        for (std::int64_t i = 0; i < n; ++i) {
          to[position + i] = c[i * plan.inner(0)] ? u[i * plan.inner(1)] : v[i * plan.inner(2)];
        }
      });
    });
  });
  return out;
}

Tensor Tensor::index_select(const Tensor& index) const {
  check_defined("index_select", "x", *this);
  check_index("index_select", index);
  if (rank() == 0) throw ShapeError("[index_select] x: shape []; expected at least one axis");
  const Tensor rows = index.contiguous(), x = contiguous();
  Shape shape = shape_;
  shape[0] = rows.numel();
  Tensor y = empty(shape, dtype_);
  const auto* position = rows.data<std::int64_t>();
  const std::size_t bytes = shape_[0] == 0 ? 0 : numel() / shape_[0] * size_of(dtype_);
  const auto* from = static_cast<const std::byte*>(x.raw_data());
  auto* to = static_cast<std::byte*>(y.raw_data());
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    const std::int64_t row = checked_row("index_select", position[i], shape_[0]);
    std::memcpy(to + i * bytes, from + row * bytes, bytes);
  }
  return y;
}

Tensor index_add_rows(const Tensor& x, const Tensor& index, std::int64_t rows) {
  check_defined("index_add_rows", "x", x);
  check_index("index_add_rows", index);
  if (x.rank() == 0 || x.dim(0) != index.numel()) {
    throw ShapeError("[index_add_rows] x: shape " + to_string(x.shape()) + "; expected " +
                     std::to_string(index.numel()) + " rows, one for each index");
  }
  Shape shape = x.shape();
  shape[0] = rows;
  check_sizes("index_add_rows", shape);
  Tensor y = zeros(shape, x.dtype());
  const Tensor source = x.contiguous(), positions = index.contiguous();
  const std::int64_t n = index.numel(), width = n == 0 ? 0 : x.numel() / n;
  dispatch(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = source.data<T>();
    T* to = y.data<T>();
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t row =
          checked_row("index_add_rows", positions.data<std::int64_t>()[i], rows);
      for (std::int64_t j = 0; j < width; ++j) {
        T& total = to[row * width + j];
        total = static_cast<T>(total + from[i * width + j]);
      }
    }
  });
  return y;
}

}  // namespace gradus
