#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Logarithm to base 2;  d/dx = 1 / (x log 2). log2(0) = -inf, log2(x < 0) = NaN.
struct Log2 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return log2(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / (x * T(0.693147180559945309417));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Log2, log2);
