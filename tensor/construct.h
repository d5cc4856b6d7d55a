#pragma once
// Tensors from nothing but arguments, from lists and from memory. Included by tensor/tensor.h.
// All throw ShapeError for impossible sizes, and DTypeError for a number that dtype does not hold:
//   "[full] x: 300 at [] has no uint8; expected 0..255; use clamp, or Cast::kWrap"
// Those that take a device make the tensor there, as in zeros({2, 3}, kCuda).
#include <functional>
#include <optional>

#include "tensor/tensor.h"

namespace gradus {

Tensor zeros(const Shape& shape, DType dtype = kFloat32, Device device = kCpu);
Tensor ones(const Shape& shape, DType dtype = kFloat32, Device device = kCpu);
/// `value` (a number, or a tensor of one element) everywhere.
Tensor full(const Shape& shape, const Tensor& value, DType dtype = kFloat32, Device device = kCpu);
inline Tensor zeros(const Shape& shape, Device device) { return zeros(shape, kFloat32, device); }
inline Tensor ones(const Shape& shape, Device device) { return ones(shape, kFloat32, device); }
inline Tensor full(const Shape& shape, const Tensor& value, Device device) {
  return full(shape, value, kFloat32, device);
}
/// Ones at [i, i], else zeros; n rows, m columns (n when not given).
Tensor eye(std::int64_t n, DType dtype = kFloat32, Device device = kCpu);
Tensor eye(std::int64_t n, std::int64_t m, DType dtype = kFloat32, Device device = kCpu);

/// Shape and device of x, and its dtype unless another is given; contiguous.
Tensor empty_like(const Tensor& x, std::optional<DType> dtype = std::nullopt);
Tensor zeros_like(const Tensor& x, std::optional<DType> dtype = std::nullopt);
Tensor ones_like(const Tensor& x, std::optional<DType> dtype = std::nullopt);
Tensor full_like(const Tensor& x, const Tensor& value, std::optional<DType> dtype = std::nullopt);

Tensor arange_whole(std::int64_t start, std::int64_t stop, std::int64_t step, DType dtype);
Tensor arange_floating(double start, double stop, double step, DType dtype);

/// start, start + step, ... up to but without stop: ceil((stop - start) / step) numbers, the i-th
/// is start + i step. dtype: int64 for whole arguments, which are exact, else float32.
/// Throws ConfigError for a step of 0 or away from stop, and for NaN or infinity.
/// Differs: with floating arguments and a whole dtype PyTorch cuts the arguments, Gradus the
/// results.
template <Number Start, Number Stop, Number Step = int>
Tensor arange(Start start, Stop stop, Step step = 1, std::optional<DType> dtype = std::nullopt) {
  if constexpr (std::is_integral_v<Start> && std::is_integral_v<Stop> && std::is_integral_v<Step>) {
    return arange_whole(start, stop, step, dtype.value_or(kInt64));
  } else {
    return arange_floating(start, stop, step, dtype.value_or(kFloat32));
  }
}
/// 0, 1, ... up to but without stop. Throws ShapeError for a whole stop < 0.
template <Number Stop>
Tensor arange(Stop stop, std::optional<DType> dtype = std::nullopt) {
  if constexpr (std::is_integral_v<Stop>) check_sizes("arange", {static_cast<std::int64_t>(stop)});
  return arange(Stop{0}, stop, 1, dtype);
}

/// `steps` numbers at equal distances from start to stop, both included; computed in double from
/// the nearer end. Throws ConfigError for NaN or infinity.
Tensor linspace(double start, double stop, std::int64_t steps, DType dtype = kFloat32);
/// base to the power of linspace(start, stop, steps).
Tensor logspace(double start, double stop, std::int64_t steps, double base = 10,
                DType dtype = kFloat32);

/// A copy of `values` in row-major order. Throws ShapeError when their number is not numel(shape).
Tensor from_values(std::span<const double> values, const Shape& shape, DType dtype = kFloat32);
Tensor from_values(std::initializer_list<double> values, const Shape& shape,
                   DType dtype = kFloat32);

/// A number, or a list of such: what tensor() takes. It only lives as long as the call.
class Nested {
 public:
  template <Number T>
  Nested(T value) : value_(static_cast<double>(value)) {  // NOLINT: implicit by design
    if constexpr (std::is_integral_v<T>) {
      whole_ = static_cast<std::int64_t>(value);
      is_whole_ = std::is_signed_v<T> || sizeof(T) < 8 || whole_ >= 0;
    }
  }
  Nested(std::initializer_list<Nested> list) : list_(list), is_list_(true) {}  // NOLINT

 private:
  friend Tensor tensor(const Nested& values, DType dtype);
  struct Values {
    std::vector<double> floating;
    std::vector<std::int64_t> whole;  // as long as all are
    bool all_whole = true;
  };
  void append_to(Values& values, const Shape& shape, int axis) const;

  double value_ = 0;
  std::int64_t whole_ = 0;
  std::initializer_list<Nested> list_;
  bool is_whole_ = false, is_list_ = false;
};
/// A tensor from nested lists: tensor({1, 2, 3}), tensor({{1, 2}, {3, 4}}), tensor(5). float32
/// unless another dtype is given, whatever the numbers are (PyTorch: int64 for whole ones). Lists
/// of whole numbers are exact in int64.
/// Throws ShapeError: "[tensor] values: lists of length 2 and 3 on axis 1; expected equal lengths".
Tensor tensor(const Nested& values, DType dtype = kFloat32);

Tensor copy_of_memory(const void* data, DType dtype, const Shape& shape, const Strides& strides);
Tensor borrow_memory(void* data, DType dtype, const Shape& shape, std::function<void()> deleter);

/// A copy of a caller's elements, which lie in row-major order or `strides` elements apart (they
/// may be negative). The dtype is that of T. Throws ConfigError for a null pointer.
template <class T>
Tensor from_memory(const T* data, const Shape& shape) {
  check_sizes("from_memory", shape);
  return copy_of_memory(data, dtype_of<T>(), shape, contiguous_strides(shape));
}
template <class T>
Tensor from_memory(const T* data, const Shape& shape, const Strides& strides) {
  return copy_of_memory(data, dtype_of<T>(), shape, strides);
}

/// A tensor over a caller's elements in row-major order, without a copy: both see each other's
/// changes. `deleter` (may be empty) is called once, when the last tensor that shares them is gone.
/// Throws ConfigError for a null pointer or one that is not aligned for T; then deleter is not
/// called.
template <class T>
Tensor borrow(T* data, const Shape& shape, std::function<void()> deleter = {}) {
  return borrow_memory(data, dtype_of<T>(), shape, std::move(deleter));
}

}  // namespace gradus
