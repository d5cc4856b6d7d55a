#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a 2^b, wrapped around; 0 where b is negative or not below the number of bits, as in PyTorch.
/// Throws DTypeError for floating operands.
struct BitwiseLeftShift {
  static constexpr Domain kDomain = Domain::kIntegral;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return b < 0 || b > 63 ? T(0) : a << b;
  }
};

}  // namespace gradus::ops

GRADUS_INTEGRAL(BitwiseLeftShift, bitwise_left_shift);
GRADUS_BINARY_OPERATOR(bitwise_left_shift, <<);
