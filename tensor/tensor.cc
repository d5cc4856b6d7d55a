#include "tensor/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "tensor/convert.h"
#include "tensor/cuda/ops/copy.h"
#include "tensor/cuda/runtime.h"
#include "tensor/ledger.h"

namespace gradus {

bool Tensor::is_contiguous() const {
  std::int64_t expected = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (shape_[i] == 1) continue;
    if (strides_[i] != expected) return numel() == 0;
    expected *= shape_[i];
  }
  return true;
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor x;
  x.shape_ = shape;
  x.dtype_ = dtype;
  x.device_ = device;
  std::int64_t n = 1;
  bool plain = true;  // small sizes need no overflow check
  for (auto size : shape) {
    plain &= size >= 0 && size < 1024;
    n *= plain ? size : 1;
  }
  if (!plain || shape.rank() > 5) {
    check_sizes("empty", shape);
    n = gradus::numel(shape);
  }
  x.strides_ = contiguous_strides(shape);
  const std::size_t bytes = static_cast<std::size_t>(n) * size_of(dtype);
  if (!device.is_cpu()) [[unlikely]] {
    check_available("empty", device);
    x.storage_ = StorageRef(Storage::allocate(bytes, device));
    gpu::describe(device, x.storage_->data(), shape, dtype);
    return x;
  }
  try {
    x.storage_ = StorageRef(Storage::allocate(bytes));
  } catch (const DeviceError&) {
    throw DeviceError("[empty] cpu: out of memory for " + std::to_string(bytes) + " bytes, shape " +
                      to_string(shape) + " of " + std::string(name(dtype)) + "; " +
                      ledger::text_when_exhausted() + "; free tensors or use smaller ones");
  }
  if (ledger::tracing.load(std::memory_order_relaxed)) [[unlikely]] {
    ledger::note_shape(x.storage_.get(), shape, dtype);
  }
  return x;
}

Tensor Tensor::scalar_of(double value, DType dtype) {
  Tensor x = empty({}, dtype);
  if (dtype == kBool) {
    *static_cast<bool*>(x.raw_data()) = value != 0;
  } else {
    *static_cast<double*>(x.raw_data()) = value;
  }
  x.weak_ = true;
  return x;
}

Tensor Tensor::scalar_of_int(std::int64_t value) {
  Tensor x = empty({}, kInt64);
  *static_cast<std::int64_t*>(x.raw_data()) = value;
  x.weak_ = true;
  return x;
}

void Tensor::check_unsigned(std::uint64_t value) {
  if (value <= INT64_MAX) return;
  throw DTypeError("[tensor] value: " + std::to_string(value) + "; expected at most " +
                   std::to_string(INT64_MAX) + ", the largest int64; make a floating number of it");
}

void Tensor::throw_wrong_type(DType asked) const {
  check_defined("data", "x", *this);
  throw DTypeError("[data] T: " + std::string(name(asked)) + "; expected " +
                   std::string(name(dtype_)) + ", the dtype of the tensor; convert with to()");
}

void Tensor::throw_wrong_place() const {
  if (on_cpu()) {
    throw DeviceError("[device_data] x is on cpu; expected a device; use x.to(kCuda)");
  }
  throw DeviceError("[data] x is on " + to_string(device_) + "; expected cpu; use x.to(kCpu)");
}

double Tensor::item() const {
  check_defined("item", "x", *this);
  if (numel() != 1) {
    throw ShapeError("[item] x: shape " + to_string(shape_) + "; expected exactly one element");
  }
  const Tensor x = on_cpu() ? Tensor() : to(kCpu);
  const void* element = on_cpu() ? raw_data() : x.raw_data();
  return dispatch(dtype_, [&]<class T>(std::type_identity<T>) {
    return convert_to<double>(*static_cast<const T*>(element));
  });
}

double Tensor::at(std::initializer_list<std::int64_t> index) const {
  if (static_cast<int>(index.size()) != rank()) {
    throw ShapeError("[at] index: " + std::to_string(index.size()) + " positions; expected " +
                     std::to_string(rank()) + " for a tensor of shape " + to_string(shape_));
  }
  Tensor x = *this;
  for (auto i : index) x = x.select(0, i);
  return x.item();
}

std::vector<double> Tensor::to_vector() const { return to_vector<double>(); }

void Tensor::item_to(DType dtype, void* value) const {
  check_defined("item", "x", *this);
  if (numel() != 1) {
    throw ShapeError("[item] x: shape " + to_string(shape_) + "; expected exactly one element");
  }
  const Tensor one = empty({}, dtype);
  convert_elements("item", reshape({}).to(kCpu), one, Cast::kChecked);
  std::memcpy(value, one.raw_data(), size_of(dtype));
}

void Tensor::copy_to(DType dtype, void* values) const {
  check_defined("to_vector", "x", *this);
  if (numel() == 0) return;
  Tensor x = to(kCpu);
  if (dtype != dtype_) {
    const Tensor converted = empty(shape_, dtype);
    convert_elements("to_vector", x, converted, Cast::kChecked);
    x = converted;
  }
  std::memcpy(values, x.contiguous().raw_data(), numel() * size_of(dtype));
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

Tensor Tensor::clone() const {
  check_defined("clone", "x", *this);
  Tensor out = empty(shape_, dtype_, device_);
  out.copy_from(*this);
  return out;
}

Tensor Tensor::to(DType dtype, Cast cast) const {
  if (dtype == dtype_) {
    Tensor same = *this;
    same.weak_ = false;  // a dtype that was asked for counts
    return same;
  }
  check_defined("to", "x", *this);
  Tensor out = empty(shape_, dtype, device_);
  convert_elements("to", *this, out, cast);
  return out;
}

Tensor Tensor::to(Device device) const {
  if (device == device_) return *this;
  check_defined("to", "x", *this);
  check_available("to", device);
  const Tensor from = contiguous();
  Tensor out = empty(shape_, dtype_, device);
  gpu::copy_between(out, from);
  out.weak_ = weak_;
  return out;
}

DType result_type(std::initializer_list<const Tensor*> operands) {
  // Promoted within each group: C++ numbers, 0-d tensors, tensors with axes.
  DType group[3] = {};
  bool present[3] = {};
  for (const Tensor* x : operands) {
    const int g = x->weak() ? 0 : x->rank() == 0 ? 1 : 2;
    group[g] = present[g] ? promote(group[g], x->dtype()) : x->dtype();
    present[g] = true;
  }
  // A group gives way to a stronger one unless its kind (bool, whole, floating) is higher.
  const auto kind = [](DType d) { return is_floating(d) ? 2 : is_integral(d) ? 1 : 0; };
  if (!present[1] && !present[2]) return group[0];
  if (is_floating(group[0])) group[0] = kFloat32;  // int64 with 0.5: the default float
  int g = present[2] ? 2 : 1;
  DType result = group[g];
  while (--g >= 0) {
    if (present[g] && kind(group[g]) > kind(result)) result = group[g];
  }
  return result;
}

void throw_undefined(std::string_view op, std::string_view argument) {
  throw Error("[" + std::string(op) + "] " + std::string(argument) +
              ": undefined tensor; expected one with elements; was it default constructed?");
}

void throw_not_on_cpu(std::string_view op, std::string_view argument, const Tensor& x) {
  throw DeviceError("[" + std::string(op) + "] " + std::string(argument) + " is on " +
                    to_string(x.device()) + "; expected cpu; use " + std::string(argument) +
                    ".to(kCpu)");
}

void check_same_device(std::string_view op, std::string_view name_a, const Tensor& a,
                       std::string_view name_b, const Tensor& b) {
  if (a.device() == b.device()) return;
  const bool b_moves = b.on_cpu();
  const std::string_view moved = b_moves ? name_b : name_a;
  throw DeviceError("[" + std::string(op) + "] " + std::string(name_a) + " is on " +
                    to_string(a.device()) + " and " + std::string(name_b) + " is on " +
                    to_string(b.device()) + "; expected one device; use " + std::string(moved) +
                    ".to(\"" + to_string(b_moves ? a.device() : b.device()) + "\")");
}

bool bitwise_equal(const Tensor& a, const Tensor& b) {
  check_defined("bitwise_equal", "a", a);
  check_defined("bitwise_equal", "b", b);
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.to(kCpu).contiguous(), y = b.to(kCpu).contiguous();
  return std::memcmp(x.raw_data(), y.raw_data(), x.numel() * size_of(x.dtype())) == 0;
}

}  // namespace gradus
