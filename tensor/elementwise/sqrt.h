#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Square root;  d/dx = 1 / (2 y), infinite at 0. sqrt(x < 0) = NaN.
struct Sqrt {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return sqrt(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy / (T(2) * y);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Sqrt, sqrt);
