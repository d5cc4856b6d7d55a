#pragma once
// What the functions that take tensors of indices share.
#include <cstdint>
#include <string_view>

#include "tensor/tensor.h"

namespace gradus::cpu {

/// `index` as int64 in 0..size-1, row-major. `axis` and `shape` are for the text of errors:
/// DTypeError, IndexError.
Tensor checked_positions(std::string_view op, std::string_view argument, const Tensor& index,
                         std::int64_t size, int axis, const Shape& shape);

/// Throws ShapeError for a tensor in which several positions are one element in memory.
void check_writable(std::string_view op, const Tensor& x);

/// f with an unsigned type of `bytes` bytes, for kernels that only move elements.
template <class F>
void dispatch_size(std::size_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      return f(std::type_identity<std::uint8_t>{});
    case 2:
      return f(std::type_identity<std::uint16_t>{});
    case 4:
      return f(std::type_identity<std::uint32_t>{});
    default:
      return f(std::type_identity<std::uint64_t>{});
  }
}

}  // namespace gradus::cpu
