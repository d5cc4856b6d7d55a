#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a != b: true where they differ, so always at NaN. Not differentiable: the result is bool.
struct NotEqual {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return a != b;
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON(NotEqual, not_equal);
GRADUS_BINARY_OPERATOR(not_equal, !=);
