#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// floor(a / 2^b); 0, or -1 for negative a, where b is negative or not below the number of bits, as
/// in PyTorch. Throws DTypeError for floating operands.
struct BitwiseRightShift {
  static constexpr Domain kDomain = Domain::kIntegral;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return a >> (b < 0 || b > 63 ? T(63) : b);
  }
};

}  // namespace gradus::ops

GRADUS_INTEGRAL(BitwiseRightShift, bitwise_right_shift);
GRADUS_BINARY_OPERATOR(bitwise_right_shift, >>);
