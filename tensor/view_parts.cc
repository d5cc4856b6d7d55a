// Views of parts of an axis: one part, parts of equal size, windows.
#include <algorithm>
#include <string>

#include "tensor/tensor.h"

namespace gradus {
namespace {

std::string of_axis(int axis, const Shape& shape) {
  return "axis " + std::to_string(axis) + " of shape " + to_string(shape);
}

// Positions start .. start + length - 1 of an axis, checked by the caller.
Tensor part(const Tensor& x, int axis, std::int64_t start, std::int64_t length) {
  Shape shape = x.shape();
  shape[axis] = length;
  return as_strided_unchecked(x, shape, x.strides(), length == 0 ? 0 : start * x.strides()[axis]);
}

// Views take no memory for elements, so that there may be more of them than there is memory for.
void reserve(std::string_view op, std::vector<Tensor>& parts, std::int64_t n) {
  try {
    parts.reserve(static_cast<std::size_t>(n) + 1);
  } catch (const std::exception&) {  // bad_alloc, or length_error
    throw DeviceError("[" + std::string(op) + "] cpu: out of memory for " + std::to_string(n) +
                      " tensors; expected fewer parts");
  }
}

}  // namespace

Tensor Tensor::narrow(int axis, std::int64_t start, std::int64_t length) const {
  check_defined("narrow", "x", *this);
  const int a = normalize_axis("narrow", axis, shape_);
  const std::int64_t size = shape_[a], first = start < 0 ? start + size : start;
  if (first < 0 || first > size || length < 0 || length > size - first) {
    throw IndexError("[narrow] start, length: " + std::to_string(start) + ", " +
                     std::to_string(length) + "; expected positions within the " +
                     std::to_string(size) + " of " + of_axis(a, shape_));
  }
  return part(*this, a, first, length);
}

Tensor Tensor::unfold(int axis, std::int64_t size, std::int64_t step) const {
  check_defined("unfold", "x", *this);
  const int a = normalize_axis("unfold", axis, shape_);
  if (size < 0 || size > shape_[a]) {
    throw ShapeError("[unfold] size: " + std::to_string(size) + "; expected 0.." +
                     std::to_string(shape_[a]) + " for " + of_axis(a, shape_));
  }
  if (step < 1) {
    throw ConfigError("[unfold] step: " + std::to_string(step) + "; expected >= 1");
  }
  Shape shape = shape_;
  Strides strides = strides_;
  shape[a] = (shape_[a] - size) / step + 1;
  if (shape[a] > 1) strides[a] *= step;
  shape.push_back(size);
  strides.push_back(strides_[a]);
  check_sizes("unfold", shape);  // windows overlap, so that there may be too many elements
  return as_strided_unchecked(*this, shape, strides, 0);
}

std::vector<Tensor> Tensor::split(const std::vector<std::int64_t>& sizes, int axis) const {
  check_defined("split", "x", *this);
  const int a = normalize_axis("split", axis, shape_);
  std::int64_t rest = shape_[a];
  bool fits = true;
  for (const std::int64_t size : sizes) {
    fits = fits && size >= 0 && size <= rest;
    rest -= fits ? size : 0;
  }
  if (!fits || rest != 0) {
    std::string list;
    for (const std::int64_t size : sizes) list += (list.empty() ? "" : ", ") + std::to_string(size);
    throw ShapeError("[split] sizes: [" + list + "]; expected sizes >= 0 with the sum " +
                     std::to_string(shape_[a]) + ", for " + of_axis(a, shape_));
  }
  std::vector<Tensor> parts;
  parts.reserve(sizes.size());
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(part(*this, a, start, size));
    start += size;
  }
  return parts;
}

std::vector<Tensor> Tensor::split_every(std::int64_t size, int axis) const {
  check_defined("split", "x", *this);
  const int a = normalize_axis("split", axis, shape_);
  const std::int64_t total = shape_[a];
  if (size < 0 || (size == 0 && total > 0)) {
    throw ConfigError("[split] size: " + std::to_string(size) + "; expected >= 1");
  }
  std::vector<Tensor> parts;
  reserve("split", parts, size == 0 ? 0 : total / size);
  for (std::int64_t start = 0; start < total; start += std::min(size, total - start)) {
    parts.push_back(part(*this, a, start, std::min(size, total - start)));
  }
  if (parts.empty()) parts.push_back(*this);
  return parts;
}

std::vector<Tensor> Tensor::chunk(std::int64_t n, int axis) const {
  check_defined("chunk", "x", *this);
  const int a = normalize_axis("chunk", axis, shape_);
  if (n < 1) throw ConfigError("[chunk] n: " + std::to_string(n) + "; expected >= 1");
  if (shape_[a] == 0) {
    std::vector<Tensor> parts;
    reserve("chunk", parts, n);
    parts.resize(static_cast<std::size_t>(n), *this);
    return parts;
  }
  return split_every(shape_[a] / n + (shape_[a] % n != 0), a);
}

}  // namespace gradus
