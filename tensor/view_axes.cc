// Views with other axes than their source: reordered, merged, dropped, reversed.
#include <algorithm>
#include <string>

#include "tensor/tensor.h"

namespace gradus {

Tensor Tensor::flatten(int start, int end) const {
  check_defined("flatten", "x", *this);
  if (rank() == 0) return reshape({1});
  const int first = normalize_axis("flatten", start, shape_);
  const int last = normalize_axis("flatten", end, shape_);
  if (first > last) {
    throw ConfigError("[flatten] start, end: " + std::to_string(start) + ", " +
                      std::to_string(end) + "; expected start before end in shape " +
                      to_string(shape_));
  }
  Shape shape;
  for (int axis = 0; axis < rank(); ++axis) {
    if (axis <= first || axis > last) {
      shape.push_back(shape_[axis]);
    } else {
      shape[first] *= shape_[axis];
    }
  }
  return reshape(shape);
}

Tensor Tensor::squeeze(const Axes& axes) const {
  check_defined("squeeze", "x", *this);
  const unsigned mask = axes_mask("squeeze", axes, shape_);
  Shape shape;
  Strides strides;
  for (int axis = 0; axis < rank(); ++axis) {
    if (shape_[axis] == 1 && (mask >> axis & 1) != 0) continue;
    shape.push_back(shape_[axis]);
    strides.push_back(strides_[axis]);
  }
  return as_strided_unchecked(*this, shape, strides, 0);
}

Tensor Tensor::permute(const Dims& axes) const {
  check_defined("permute", "x", *this);
  Shape shape;
  Strides strides;
  unsigned seen = 0;
  for (const std::int64_t axis : axes) {
    const int a = normalize_axis("permute", axis, shape_);
    seen |= 1u << a;
    shape.push_back(shape_[a]);
    strides.push_back(strides_[a]);
  }
  if (axes.rank() != rank() || seen != (1u << rank()) - 1) {
    throw ConfigError("[permute] axes: " + to_string(axes) + "; expected each axis of shape " +
                      to_string(shape_) + " once");
  }
  return as_strided_unchecked(*this, shape, strides, 0);
}

Tensor Tensor::moveaxis(const Axes& from, const Axes& to) const {
  check_defined("moveaxis", "x", *this);
  if (from.rank() != to.rank()) {
    throw ConfigError("[moveaxis] from, to: " + to_string(from) + " and " + to_string(to) +
                      "; expected as many axes in both");
  }
  if (from.rank() == 0) return *this;
  const unsigned moved = axes_mask("moveaxis", from, shape_);
  axes_mask("moveaxis", to, shape_);
  Dims order = Dims::filled(rank(), -1);
  for (int i = 0; i < from.rank(); ++i) {
    order[normalize_axis("moveaxis", to[i], shape_)] = normalize_axis("moveaxis", from[i], shape_);
  }
  int rest = 0;  // the others keep their order in the places that are left
  for (auto& axis : order) {
    if (axis >= 0) continue;
    while ((moved >> rest & 1) != 0) ++rest;
    axis = rest++;
  }
  return permute(order);
}

Tensor Tensor::flip(const Axes& axes) const {
  check_defined("flip", "x", *this);
  const unsigned mask = axes_mask("flip", axes, shape_);
  Strides strides = strides_;
  std::int64_t offset = 0;
  for (int axis = 0; axis < rank(); ++axis) {
    if ((mask >> axis & 1) == 0) continue;
    if (numel() > 0) offset += (shape_[axis] - 1) * strides_[axis];
    strides[axis] = -strides_[axis];
  }
  return as_strided_unchecked(*this, shape_, strides, offset);
}

Tensor Tensor::diagonal(std::int64_t offset, int axis0, int axis1) const {
  check_defined("diagonal", "x", *this);
  const int a = normalize_axis("diagonal", axis0, shape_);
  const int b = normalize_axis("diagonal", axis1, shape_);
  if (a == b) {
    throw ConfigError("[diagonal] axis0, axis1: " + std::to_string(axis0) + " and " +
                      std::to_string(axis1) + " are one axis of shape " + to_string(shape_) +
                      "; expected two");
  }
  const std::int64_t rows = shape_[a], columns = shape_[b];
  std::int64_t row = 0, column = 0, size = 0;
  if (offset > -rows && offset < columns) {
    row = offset < 0 ? -offset : 0;
    column = offset < 0 ? 0 : offset;
    size = std::min(rows - row, columns - column);
  }
  Shape shape;
  Strides strides;
  for (int axis = 0; axis < rank(); ++axis) {
    if (axis == a || axis == b) continue;
    shape.push_back(shape_[axis]);
    strides.push_back(strides_[axis]);
  }
  shape.push_back(size);
  strides.push_back(strides_[a] + strides_[b]);
  const std::int64_t first = size == 0 ? 0 : row * strides_[a] + column * strides_[b];
  return as_strided_unchecked(*this, shape, strides, first);
}

}  // namespace gradus
