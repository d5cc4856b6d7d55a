#include "tensor/shape.h"

#include <algorithm>

#include "tensor/error.h"

namespace gradus {
namespace {

[[noreturn]] void too_many_axes() {
  throw ShapeError("[shape] rank: more than 8 axes; expected at most 8; merge some with reshape");
}

}  // namespace

Dims::Dims(std::initializer_list<std::int64_t> values) {
  if (values.size() > kMaxRank) too_many_axes();
  std::copy(values.begin(), values.end(), values_.begin());
  rank_ = static_cast<int>(values.size());
}

Dims Dims::filled(int rank, std::int64_t value) {
  Dims dims;
  for (int i = 0; i < rank; ++i) dims.push_back(value);
  return dims;
}

std::int64_t Dims::at(int i) const {
  const int k = i < 0 ? i + rank_ : i;
  if (k < 0 || k >= rank_) {
    throw IndexError("[dim] axis: " + std::to_string(i) + "; expected " + std::to_string(-rank_) +
                     ".." + std::to_string(rank_ - 1) + " for a tensor of shape " +
                     to_string(*this));
  }
  return values_[k];
}

void Dims::push_back(std::int64_t value) {
  if (rank_ == kMaxRank) too_many_axes();
  values_[rank_++] = value;
}

void Dims::erase(int i) {
  std::copy(begin() + i + 1, end(), begin() + i);
  --rank_;
}

void Dims::insert(int i, std::int64_t value) {
  if (rank_ == kMaxRank) too_many_axes();
  ++rank_;
  std::copy_backward(begin() + i, end() - 1, end());
  values_[i] = value;
}

void check_sizes(std::string_view op, const Shape& shape) {
  std::int64_t bytes = 8;  // the widest element
  bool overflow = false;
  for (auto size : shape) {
    if (size < 0) {
      throw ShapeError("[" + std::string(op) + "] shape: " + to_string(shape) +
                       "; expected sizes >= 0");
    }
    // A size of 0 must not hide the overflow of the others, whose strides are still computed.
    overflow |= __builtin_mul_overflow(bytes, std::max<std::int64_t>(size, 1), &bytes);
  }
  if (overflow) {
    throw ShapeError("[" + std::string(op) + "] shape: " + to_string(shape) +
                     "; expected fewer than 2^60 elements");
  }
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides = shape;
  std::int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

std::string to_string(const Dims& dims) {
  std::string text = "[";
  for (int i = 0; i < dims.rank(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Dims& dims) { return out << to_string(dims); }

int normalize_axis(std::string_view op, std::int64_t axis, const Shape& shape) {
  const int rank = shape.rank();
  const std::int64_t k = axis < 0 ? axis + rank : axis;
  if (k >= 0 && k < rank) return static_cast<int>(k);
  const std::string allowed =
      rank == 0 ? "none" : std::to_string(-rank) + ".." + std::to_string(rank - 1);
  throw IndexError("[" + std::string(op) + "] axis: " + std::to_string(axis) + "; expected " +
                   allowed + " for a tensor of shape " + to_string(shape));
}

int normalize_line_axis(std::string_view op, std::int64_t axis, const Shape& shape) {
  if (shape.rank() > 0) return normalize_axis(op, axis, shape);
  if (axis == 0 || axis == -1) return 0;
  throw IndexError("[" + std::string(op) + "] axis: " + std::to_string(axis) +
                   "; expected -1..0 for a tensor of shape []");
}

Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b, std::string_view a_name,
                       std::string_view b_name) {
  if (a == b) return a;
  const bool a_longer = a.rank() >= b.rank();
  Shape out = a_longer ? a : b;
  const Shape& shorter = a_longer ? b : a;
  const int skip = out.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    std::int64_t& size = out[i + skip];
    if (size == shorter[i] || shorter[i] == 1) continue;
    if (size != 1) {
      const int axis = i - shorter.rank();
      const std::int64_t sa = a_longer ? size : shorter[i], sb = a_longer ? shorter[i] : size;
      throw ShapeError("[" + std::string(op) + "] " + std::string(a_name) + " is " + to_string(a) +
                       " and " + std::string(b_name) + " is " + to_string(b) + ": sizes " +
                       std::to_string(sa) + " and " + std::to_string(sb) + " of axis " +
                       std::to_string(axis) +
                       " differ; expected equal sizes, or 1 (use reshape to line axes up)");
    }
    size = shorter[i];
  }
  return out;
}

unsigned axes_mask(std::string_view op, const Axes& axes, const Shape& shape) {
  if (axes.rank() == 0) return (1u << shape.rank()) - 1;
  unsigned mask = 0;
  for (auto axis : axes) {
    const unsigned bit = 1u << normalize_line_axis(op, axis, shape);
    if (mask & bit) {
      throw ConfigError("[" + std::string(op) + "] axes: " + to_string(axes) +
                        " names an axis twice; expected each at most once");
    }
    mask |= bit;
  }
  return shape.rank() == 0 ? 0 : mask;
}

Shape reduced_shape(const Shape& shape, unsigned mask, bool keepdim) {
  Shape out;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool reduced = mask >> i & 1;
    if (!reduced || keepdim) out.push_back(reduced ? 1 : shape[i]);
  }
  return out;
}

}  // namespace gradus
