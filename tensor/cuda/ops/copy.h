#pragma once
// Copies and conversions of tensors that are not all on the CPU.
#include <string_view>

#include "tensor/tensor.h"

namespace gradus::gpu {

/// The bytes of `from` to `to`: both without gaps, of one dtype and size, on different devices.
void copy_between(const Tensor& to, const Tensor& from);

/// convert_elements() of tensor/convert.h, from any device to any device.
void convert_elements(std::string_view op, const Tensor& source, const Tensor& y, Cast cast);

/// Bytes of 0.
void clear(const Tensor& y);

/// where() for operands of one dtype and device, or 0-d ones on the CPU.
Tensor where(const Shape& shape, const Tensor& cond, const Tensor& a, const Tensor& b);

/// x on `device`: itself when it is there, a copy of a 0-d tensor of the CPU. Throws DeviceError
/// for others: "[add] b is on cpu and a is on cuda_emulated; ...".
Tensor operand_on(std::string_view op, std::string_view argument, const Tensor& x,
                  std::string_view other_argument, const Tensor& other);

}  // namespace gradus::gpu
