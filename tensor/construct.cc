#include "tensor/construct.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "tensor/convert.h"
#include "tensor/cuda/ops/copy.h"
#include "tensor/thread_pool.h"

namespace gradus {
namespace {

// x[i] = f(i), computed in T and converted to dtype.
template <class T, class F>
Tensor from_positions(std::string_view op, std::int64_t n, DType dtype, F f) {
  const Tensor x = Tensor::empty({n}, dtype_of<T>());
  T* values = x.data<T>();
  parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) values[i] = f(i);
  });
  if (dtype == dtype_of<T>()) return x;
  const Tensor y = Tensor::empty({n}, dtype);
  convert_elements(op, x, y, Cast::kChecked);
  return y;
}

[[noreturn]] void bad_arange(const std::string& start, const std::string& stop,
                             const std::string& step, const char* expected) {
  throw ConfigError("[arange] start, stop, step: " + start + ", " + stop + ", " + step +
                    "; expected " + expected);
}
constexpr const char* kWrongStep = "a step other than 0 that leads from start to stop";

void check_finite(std::string_view op, double start, double stop) {
  if (std::isfinite(start) && std::isfinite(stop)) return;
  throw ConfigError("[" + std::string(op) + "] start, stop: " + to_text(start) + ", " +
                    to_text(stop) + "; expected finite numbers");
}

// Position i of `steps` from start to stop; from the nearer end, so that both ends are exact.
double between(double start, double stop, std::int64_t steps, std::int64_t i) {
  if (i == 0) return start;
  if (i == steps - 1) return stop;
  const double gaps = static_cast<double>(steps - 1);
  const bool fits = std::isfinite(stop - start);
  const double step = fits ? (stop - start) / gaps : stop / gaps - start / gaps;
  return i < steps / 2 ? start + step * static_cast<double>(i)
                       : stop - step * static_cast<double>(steps - 1 - i);
}

}  // namespace

Tensor zeros(const Shape& shape, DType dtype, Device device) {
  check_sizes("zeros", shape);
  Tensor x = Tensor::empty(shape, dtype, device);
  if (!device.is_cpu()) [[unlikely]] {
    gpu::clear(x);
    return x;
  }
  std::memset(x.raw_data(), 0, x.numel() * size_of(dtype));
  return x;
}

Tensor ones(const Shape& shape, DType dtype, Device device) {
  check_sizes("ones", shape);
  Tensor x = Tensor::empty(shape, dtype, device);
  x.fill(1);
  return x;
}

Tensor full(const Shape& shape, const Tensor& value, DType dtype, Device device) {
  check_sizes("full", shape);
  check_defined("full", "value", value);
  if (value.numel() != 1) {
    throw ShapeError("[full] value: shape " + to_string(value.shape()) +
                     "; expected exactly one element");
  }
  const Tensor one = Tensor::empty({}, dtype);
  convert_elements("full", value.reshape({}).to(kCpu), one, Cast::kChecked);
  Tensor x = Tensor::empty(shape, dtype, device);
  x.copy_from(one);
  return x;
}

Tensor eye(std::int64_t n, DType dtype, Device device) { return eye(n, n, dtype, device); }

Tensor eye(std::int64_t n, std::int64_t m, DType dtype, Device device) {
  check_sizes("eye", {n, m});
  Tensor x = zeros({n, m}, dtype, device);
  const std::int64_t diagonal = std::min(n, m);
  if (diagonal > 0) as_strided_unchecked(x, {diagonal}, {m + 1}, 0).fill(1);
  return x;
}

Tensor empty_like(const Tensor& x, std::optional<DType> dtype) {
  check_defined("empty_like", "x", x);
  return Tensor::empty(x.shape(), dtype.value_or(x.dtype()), x.device());
}
Tensor zeros_like(const Tensor& x, std::optional<DType> dtype) {
  check_defined("zeros_like", "x", x);
  return zeros(x.shape(), dtype.value_or(x.dtype()), x.device());
}
Tensor ones_like(const Tensor& x, std::optional<DType> dtype) {
  check_defined("ones_like", "x", x);
  return ones(x.shape(), dtype.value_or(x.dtype()), x.device());
}
Tensor full_like(const Tensor& x, const Tensor& value, std::optional<DType> dtype) {
  check_defined("full_like", "x", x);
  return full(x.shape(), value, dtype.value_or(x.dtype()), x.device());
}

Tensor arange_whole(std::int64_t start, std::int64_t stop, std::int64_t step, DType dtype) {
  __extension__ using Wide = __int128;
  const Wide distance = Wide{stop} - start;
  if (step == 0 || (distance > 0 && step < 0) || (distance < 0 && step > 0)) {
    bad_arange(std::to_string(start), std::to_string(stop), std::to_string(step), kWrongStep);
  }
  const Wide count = (distance + step - (step > 0 ? 1 : -1)) / step;
  const auto n = static_cast<std::int64_t>(std::min<Wide>(count, INT64_MAX));
  check_sizes("arange", {n});
  return from_positions<std::int64_t>("arange", n, dtype, [=](std::int64_t i) {
    // Unsigned, since i * step may pass the largest int64 on the way to a sum that does not.
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(start) +
                                     static_cast<std::uint64_t>(i) *
                                         static_cast<std::uint64_t>(step));
  });
}

Tensor arange_floating(double start, double stop, double step, DType dtype) {
  const auto fail = [&](const char* expected) {
    bad_arange(to_text(start), to_text(stop), to_text(step), expected);
  };
  if (!std::isfinite(stop - start) || !std::isfinite(step)) fail("finite numbers");
  if (step == 0 || (stop - start) / step < 0) fail(kWrongStep);
  const double count = std::ceil((stop - start) / step);
  const std::int64_t n = count < 0x1p62 ? static_cast<std::int64_t>(count) : INT64_MAX;
  check_sizes("arange", {n});
  return from_positions<double>(
      "arange", n, dtype, [=](std::int64_t i) { return start + static_cast<double>(i) * step; });
}

Tensor linspace(double start, double stop, std::int64_t steps, DType dtype) {
  check_finite("linspace", start, stop);
  check_sizes("linspace", {steps});
  return from_positions<double>("linspace", steps, dtype,
                                [=](std::int64_t i) { return between(start, stop, steps, i); });
}

Tensor logspace(double start, double stop, std::int64_t steps, double base, DType dtype) {
  check_finite("logspace", start, stop);
  check_sizes("logspace", {steps});
  return from_positions<double>("logspace", steps, dtype, [=](std::int64_t i) {
    return std::pow(base, between(start, stop, steps, i));
  });
}

Tensor from_values(std::span<const double> values, const Shape& shape, DType dtype) {
  check_sizes("from_values", shape);
  const auto count = static_cast<std::int64_t>(values.size());
  if (count != numel(shape)) {
    throw ShapeError("[from_values] values: " + std::to_string(count) + " numbers; expected " +
                     std::to_string(numel(shape)) + " for shape " + to_string(shape));
  }
  return from_positions<double>("from_values", count, dtype,
                                [=](std::int64_t i) { return values[i]; })
      .reshape(shape);
}

Tensor from_values(std::initializer_list<double> values, const Shape& shape, DType dtype) {
  return from_values(std::span(values.begin(), values.size()), shape, dtype);
}

void Nested::append_to(Values& values, const Shape& shape, int axis) const {
  const auto fail = [](const std::string& text) {
    throw ShapeError("[tensor] values: " + text + "; expected equal lengths");
  };
  if (is_list_ != (axis < shape.rank())) {
    fail("a number beside a list on axis " + std::to_string(std::max(axis - 1, 0)));
  }
  if (!is_list_) {
    values.floating.push_back(value_);
    values.all_whole &= is_whole_;
    if (values.all_whole) values.whole.push_back(whole_);
    return;
  }
  if (static_cast<std::int64_t>(list_.size()) != shape[axis]) {
    fail("lists of length " + std::to_string(shape[axis]) + " and " + std::to_string(list_.size()) +
         " on axis " + std::to_string(axis));
  }
  for (const Nested& item : list_) item.append_to(values, shape, axis + 1);
}

Tensor tensor(const Nested& nested, DType dtype) {
  Shape shape;  // as the first items have it; the others are compared with it
  for (const Nested* item = &nested; item->is_list_; item = item->list_.begin()) {
    shape.push_back(static_cast<std::int64_t>(item->list_.size()));
    if (item->list_.size() == 0) break;
  }
  Nested::Values values;
  nested.append_to(values, shape, 0);
  const auto n = static_cast<std::int64_t>(values.floating.size());
  const Tensor flat =
      values.all_whole ? from_positions<std::int64_t>(
                             "tensor", n, dtype, [&](std::int64_t i) { return values.whole[i]; })
                       : from_positions<double>("tensor", n, dtype,
                                                [&](std::int64_t i) { return values.floating[i]; });
  return flat.reshape(shape);
}

Tensor copy_of_memory(const void* data, DType dtype, const Shape& shape, const Strides& strides) {
  check_sizes("from_memory", shape);
  if (strides.rank() != shape.rank()) {
    throw ShapeError("[from_memory] strides: " + to_string(strides) + "; expected " +
                     std::to_string(shape.rank()) + ", one for each axis of " + to_string(shape));
  }
  const Tensor y = Tensor::empty(shape, dtype);
  if (y.numel() == 0) return y;
  if (data == nullptr) {
    throw ConfigError("[from_memory] data: null; expected the address of the first element");
  }
  // The bytes may have any alignment, so each element is copied by itself.
  const std::size_t size = size_of(dtype);
  const auto* from = static_cast<const std::byte*>(data);
  auto* to = static_cast<std::byte*>(y.raw_data());
  Dims index = Dims::filled(shape.rank(), 0);
  if (strides == contiguous_strides(shape)) {
    std::memcpy(to, from, y.numel() * size);
    return y;
  }
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    std::int64_t offset = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) offset += index[axis] * strides[axis];
    std::memcpy(to + i * size, from + offset * static_cast<std::int64_t>(size), size);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return y;
}

Tensor borrow_memory(void* data, DType dtype, const Shape& shape, std::function<void()> deleter) {
  check_sizes("borrow", shape);
  const std::size_t bytes = static_cast<std::size_t>(numel(shape)) * size_of(dtype);
  if (data == nullptr && bytes > 0) {
    throw ConfigError("[borrow] data: null; expected the address of the first element");
  }
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0) {
    throw ConfigError("[borrow] data: an address that is no multiple of " +
                      std::to_string(size_of(dtype)) + "; expected one aligned for " +
                      std::string(name(dtype)) + "; from_memory copies any");
  }
  return over_storage_unchecked(StorageRef(Storage::borrow(data, bytes, std::move(deleter))), shape,
                                dtype);
}

}  // namespace gradus
