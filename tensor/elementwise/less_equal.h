#pragma once
#include "tensor/elementwise.h"

namespace gradus {

/// a <= b: true where a is not larger. Not differentiable: the result is bool.
struct LessEqual {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return a <= b;
  }
};
GRADUS_COMPARISON(LessEqual, less_equal);
GRADUS_BINARY_OPERATOR(less_equal, <=);

}  // namespace gradus
