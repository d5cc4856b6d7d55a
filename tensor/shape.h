#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>

namespace gradus {

/// A list of at most eight integers kept inline: the sizes or the strides of a tensor.
/// Indices may be negative and then count from the end, as in Python.
class Dims {
 public:
  static constexpr int kMaxRank = 8;

  Dims() = default;
  /// Throws ShapeError for more than eight entries.
  Dims(std::initializer_list<std::int64_t> values);
  /// `rank` copies of `value`.
  static Dims filled(int rank, std::int64_t value);

  int rank() const { return rank_; }
  std::int64_t* begin() { return values_.data(); }
  std::int64_t* end() { return values_.data() + rank_; }
  const std::int64_t* begin() const { return values_.data(); }
  const std::int64_t* end() const { return values_.data() + rank_; }

  /// Unchecked; 0 <= i < rank().
  std::int64_t& operator[](int i) { return values_[i]; }
  std::int64_t operator[](int i) const { return values_[i]; }

  /// Checked; -rank() <= i < rank(). Throws IndexError.
  std::int64_t at(int i) const;

  /// Throws ShapeError beyond eight entries.
  void push_back(std::int64_t value);
  void erase(int i);
  void insert(int i, std::int64_t value);

  bool operator==(const Dims& other) const {
    if (rank_ != other.rank_) return false;
    for (int i = 0; i < rank_; ++i) {
      if (values_[i] != other.values_[i]) return false;
    }
    return true;
  }

 private:
  std::array<std::int64_t, kMaxRank> values_;
  int rank_ = 0;
};

using Shape = Dims;
using Strides = Dims;

/// Axes of a reduction: none means all of them. `sum(x)`, `sum(x, 0)`, `sum(x, {0, -1})`.
struct Axes : Dims {
  Axes() = default;
  Axes(int axis) { push_back(axis); }  // NOLINT: implicit by design
  Axes(std::initializer_list<std::int64_t> axes) : Dims(axes) {}
};

/// Product of the sizes; 1 for a scalar.
inline std::int64_t numel(const Shape& shape) {
  std::int64_t n = 1;
  for (auto size : shape) n *= size;
  return n;
}

/// Throws ShapeError for a negative size and when the number of bytes does not fit in 63 bits.
void check_sizes(std::string_view op, const Shape& shape);

/// Row-major strides, in elements.
Strides contiguous_strides(const Shape& shape);

/// "[32, 100]"; "[]" for a scalar.
std::string to_string(const Dims& dims);
std::ostream& operator<<(std::ostream& out, const Dims& dims);

/// An axis in 0..rank-1 from one in -rank..rank-1. Throws IndexError:
///   "[sum] axis: 2; expected -2..1 for a tensor of shape [3, 4]"
int normalize_axis(std::string_view op, std::int64_t axis, const Shape& shape);

/// The same for functions that work along lines. As in PyTorch a 0-d tensor counts as a line of one
/// element there: its axis is 0 or -1, and the result 0. Throws IndexError.
int normalize_line_axis(std::string_view op, std::int64_t axis, const Shape& shape);

/// The common shape of two operands under NumPy's rule: aligned at the last axis, sizes equal or 1.
/// Throws ShapeError: "[add] a is [3, 4] and b is [3]: sizes 4 and 3 of axis -1 differ; ..."
/// The names are those of the arguments, for the text.
Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b,
                       std::string_view a_name = "a", std::string_view b_name = "b");

/// One bit per axis that `axes` names; all bits for an empty list. A 0-d tensor may be given the
/// axis 0 or -1, without an effect. Throws IndexError for an axis outside the shape, ConfigError
/// for one that is named twice.
unsigned axes_mask(std::string_view op, const Axes& axes, const Shape& shape);

/// The shape of a reduction over the axes of `mask`.
Shape reduced_shape(const Shape& shape, unsigned mask, bool keepdim);

}  // namespace gradus
