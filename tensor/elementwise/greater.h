#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a > b: true where a is larger. Not differentiable: the result is bool.
struct Greater {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return a > b;
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON(Greater, greater);
GRADUS_BINARY_OPERATOR(greater, >);
