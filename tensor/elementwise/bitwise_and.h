#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// And of the bits of whole numbers; of bools the logical one.
/// Throws DTypeError for floating operands.
struct BitwiseAnd {
  static constexpr Domain kDomain = Domain::kIntegral;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return a & b;
  }
};

}  // namespace gradus::ops

GRADUS_INTEGRAL(BitwiseAnd, bitwise_and);
GRADUS_BINARY_OPERATOR(bitwise_and, &);
