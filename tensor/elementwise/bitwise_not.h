#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// All bits of a whole number inverted, -x - 1 for signed ones; of bools the logical not.
/// Throws DTypeError for floating operands.
struct BitwiseNot {
  static constexpr Domain kDomain = Domain::kIntegral;
  static constexpr bool kTellsBools = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    if constexpr (std::same_as<T, bool>) {
      return !x;
    } else {
      return ~x;
    }
  }
};

}  // namespace gradus::ops

GRADUS_INTEGRAL_UNARY(BitwiseNot, bitwise_not);
GRADUS_UNARY_OPERATOR(bitwise_not, ~);
