#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a < b: true where a is smaller. Not differentiable: the result is bool.
struct Less {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return a < b;
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON(Less, less);
GRADUS_BINARY_OPERATOR(less, <);
