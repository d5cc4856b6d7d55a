// The tensors made here share the elements of their source: only shape, strides and offset change.
#include <algorithm>

#include "tensor/tensor.h"

namespace gradus {
namespace {

// Strides of `shape` over the elements of x, or false if x has gaps inside an axis of `shape`.
// x is read as runs: neighbouring axes without a gap between them, which may be cut anew.
bool view_strides(const Tensor& x, const Shape& shape, Strides* out) {
  *out = contiguous_strides(shape);
  if (x.is_contiguous()) return true;
  struct Run {
    std::int64_t size, stride;
  };
  Run runs[Dims::kMaxRank];
  int count = 0;
  for (int i = 0; i < x.rank(); ++i) {
    const std::int64_t size = x.shape()[i], stride = x.strides()[i];
    if (size == 1) continue;
    if (count > 0 && runs[count - 1].stride == size * stride) {
      runs[count - 1] = {runs[count - 1].size * size, stride};
    } else {
      runs[count++] = {size, stride};
    }
  }
  int axis = shape.rank() - 1;
  while (count > 0) {
    Run run = runs[--count];
    for (; run.size > 1; --axis) {
      if (run.size % shape[axis] != 0) return false;
      (*out)[axis] = run.stride;
      run = {run.size / shape[axis], run.stride * shape[axis]};
    }
  }
  return true;  // what is left of `shape` has size 1
}

}  // namespace

Tensor as_strided_unchecked(const Tensor& x, const Shape& shape, const Strides& strides,
                            std::int64_t offset) {
  Tensor y = x;
  y.shape_ = shape;
  y.strides_ = strides;
  y.offset_ += offset;
  return y;
}

Tensor over_storage_unchecked(StorageRef storage, const Shape& shape, DType dtype) {
  Tensor x;
  x.shape_ = shape;
  x.strides_ = contiguous_strides(shape);
  x.device_ = storage->device();
  x.storage_ = std::move(storage);
  x.dtype_ = dtype;
  return x;
}

Tensor Tensor::reshape(const Shape& wanted) const {
  check_defined("reshape", "x", *this);
  Shape shape = wanted;
  std::int64_t known = 1;
  int open_axis = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == -1 && open_axis < 0) {
      open_axis = i;
    } else if (shape[i] < 0) {
      throw ShapeError("[reshape] shape: " + to_string(wanted) +
                       "; expected sizes >= 0 and at most one -1");
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      check_sizes("reshape", shape);
    }
  }
  if (open_axis >= 0) {
    if (known == 0 || numel() % known != 0) {
      throw ShapeError("[reshape] shape: " + to_string(wanted) + " has no size for -1; expected " +
                       std::to_string(numel()) + " elements, the number in " + to_string(shape_));
    }
    shape[open_axis] = numel() / known;
    known = numel();
  }
  if (known == 0) check_sizes("reshape", shape);  // a 0 hides the overflow of the other sizes
  if (known != numel()) {
    throw ShapeError("[reshape] shape: " + to_string(wanted) + " has " + std::to_string(known) +
                     " elements; expected " + std::to_string(numel()) + ", the number in " +
                     to_string(shape_));
  }
  Strides strides;
  if (view_strides(*this, shape, &strides)) return as_strided_unchecked(*this, shape, strides, 0);
  return as_strided_unchecked(clone(), shape, contiguous_strides(shape), 0);
}

Tensor Tensor::transpose(int axis0, int axis1) const {
  check_defined("transpose", "x", *this);
  const int a = normalize_axis("transpose", axis0, shape_);
  const int b = normalize_axis("transpose", axis1, shape_);
  Shape shape = shape_;
  Strides strides = strides_;
  std::swap(shape[a], shape[b]);
  std::swap(strides[a], strides[b]);
  return as_strided_unchecked(*this, shape, strides, 0);
}

Tensor Tensor::slice(int axis, Slice range) const {
  check_defined("slice", "x", *this);
  const int a = normalize_axis("slice", axis, shape_);
  if (range.step == 0) {
    throw ConfigError("[slice] step: 0; expected a positive or a negative number");
  }
  const bool forward = range.step > 0;
  const std::int64_t size = shape_[a];
  // Positions from which a step may start, and one past the last of them.
  const std::int64_t lowest = forward ? 0 : -1, highest = forward ? size : size - 1;
  const auto clamp = [&](Slice::Bound bound, std::int64_t otherwise) {
    if (!bound.given) return otherwise;
    const std::int64_t i = bound.position;
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, lowest, highest);
  };
  const std::int64_t start = clamp(range.start, forward ? lowest : highest);
  const std::int64_t stop = clamp(range.stop, forward ? highest : lowest);
  const std::int64_t span = std::max<std::int64_t>(0, forward ? stop - start : start - stop);
  const std::int64_t stride = forward ? range.step : -std::max(range.step, -INT64_MAX);
  Shape shape = shape_;
  Strides strides = strides_;
  shape[a] = span / stride + (span % stride != 0);
  const std::int64_t first = shape[a] == 0 ? 0 : start * strides_[a];
  if (shape[a] > 1) strides[a] *= range.step;  // one element has no next: a huge step is harmless
  return as_strided_unchecked(*this, shape, strides, first);
}

Tensor Tensor::select(int axis, std::int64_t index) const {
  check_defined("select", "x", *this);
  const int a = normalize_axis("select", axis, shape_);
  const std::int64_t size = shape_[a], i = index < 0 ? index + size : index;
  if (i < 0 || i >= size) {
    throw IndexError("[select] index: " + std::to_string(index) + "; expected " +
                     std::to_string(-size) + ".." + std::to_string(size - 1) + " for axis " +
                     std::to_string(a) + " of shape " + to_string(shape_));
  }
  Shape shape = shape_;
  Strides strides = strides_;
  shape.erase(a);
  strides.erase(a);
  return as_strided_unchecked(*this, shape, strides, i * strides_[a]);
}

Tensor Tensor::expand(const Shape& wanted) const {
  check_defined("expand", "x", *this);
  if (wanted == shape_) return *this;
  Shape shape = wanted;
  const int skip = shape.rank() - rank();
  for (int i = std::max(skip, 0); i < shape.rank(); ++i) {
    if (shape[i] == -1) shape[i] = shape_[i - skip];
  }
  check_sizes("expand", shape);
  Strides strides = Dims::filled(shape.rank(), 0);
  bool fits = skip >= 0;
  for (int i = 0; fits && i < rank(); ++i) {
    if (shape_[i] == shape[i + skip]) {
      strides[i + skip] = strides_[i];
    } else {
      fits = shape_[i] == 1;
    }
  }
  if (!fits) {
    throw ShapeError("[expand] shape: " + to_string(wanted) + "; expected one that " +
                     to_string(shape_) + " broadcasts to");
  }
  return as_strided_unchecked(*this, shape, strides, 0);
}

Tensor Tensor::unsqueeze(int axis) const {
  check_defined("unsqueeze", "x", *this);
  const int a = axis < 0 ? axis + rank() + 1 : axis;
  if (a < 0 || a > rank()) {
    throw IndexError("[unsqueeze] axis: " + std::to_string(axis) + "; expected " +
                     std::to_string(-rank() - 1) + ".." + std::to_string(rank()) +
                     " for a tensor of shape " + to_string(shape_));
  }
  Shape shape = shape_;
  Strides strides = strides_;
  shape.insert(a, 1);
  strides.insert(a, 0);
  return as_strided_unchecked(*this, shape, strides, 0);
}

}  // namespace gradus
