#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a == b: true where both are equal, so never at NaN. Not differentiable: the result is bool.
struct Equal {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return a == b;
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON(Equal, equal);
GRADUS_BINARY_OPERATOR(equal, ==);
