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
[[noreturn]] void throw_not_on_cpu(std::string_view op, std::string_view argument, const Tensor& x);
/// What an operation asks of its operands; those of the CPU alone ask check_on_cpu.
/// Throws Error when x is undefined: "[sum] x: undefined tensor; expected one with elements; ..."
inline void check_defined(std::string_view op, std::string_view argument, const Tensor& x) {
  if (!x.defined()) [[unlikely]]
    throw_undefined(op, argument);
}
/// What reads elements by itself asks, such as the makers of data. Throws like check_defined, and
/// DeviceError when x is on a device:
///   "[blobs] centres is on cuda_emulated; expected cpu; use centres.to(kCpu)"
inline void check_on_cpu(std::string_view op, std::string_view argument, const Tensor& x) {
  check_defined(op, argument, x);
  if (!x.on_cpu()) [[unlikely]]
    throw_not_on_cpu(op, argument, x);
}
/// Throws DeviceError when two operands are not on one device:
///   "[matmul] a is on cpu and b is on cuda_emulated; expected one device; use
///   a.to("cuda_emulated")"
void check_same_device(std::string_view op, std::string_view name_a, const Tensor& a,
                       std::string_view name_b, const Tensor& b);

/// Same shape, dtype and the same bits in every element.
bool bitwise_equal(const Tensor& a, const Tensor& b);

}  // namespace gradus
