#pragma once
// What operations ask of their operands at the door. Included by tensor/tensor.h.
#include <initializer_list>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus {

/// dtype of an operation on these: the promoted one, where C++ numbers give way to tensors and 0-d
/// tensors to tensors with axes, unless their kind (bool, whole, floating) is higher; as in
/// PyTorch.
DType result_type(std::initializer_list<const Tensor*> operands);
template <class... More>
DType result_type(const Tensor& a, const Tensor& b, const More&... more) {
  if (a.dtype() == b.dtype() && !a.weak() && sizeof...(more) == 0) return a.dtype();
  return result_type({&a, &b, &more...});
}

[[noreturn]] void throw_undefined(std::string_view op, std::string_view argument);
[[noreturn]] void throw_no_kernel(std::string_view op, std::string_view argument, const Tensor& x);
/// What an operation that runs on the CPU alone asks of its operands.
/// Throws Error when x is undefined: "[sum] x: undefined tensor; expected one with elements; ..."
/// Throws DeviceError when it is on a device:
///   "[sort] x is on cuda_emulated; sort has no kernel there yet; use x.to(kCpu)"
inline void check_defined(std::string_view op, std::string_view argument, const Tensor& x) {
  if (!x.defined()) [[unlikely]]
    throw_undefined(op, argument);
  if (!x.on_cpu()) [[unlikely]]
    throw_no_kernel(op, argument, x);
}
/// The same for operations that do their work on every device.
inline void check_on_any_device(std::string_view op, std::string_view argument, const Tensor& x) {
  if (!x.defined()) [[unlikely]]
    throw_undefined(op, argument);
}
/// Throws DeviceError when two operands are not on one device:
///   "[matmul] a is on cpu and b is on cuda_emulated; expected one device; use
///   a.to("cuda_emulated")"
void check_same_device(std::string_view op, std::string_view name_a, const Tensor& a,
                       std::string_view name_b, const Tensor& b);

/// Same shape, dtype and the same bits in every element.
bool bitwise_equal(const Tensor& a, const Tensor& b);

}  // namespace gradus
