#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Hyperbolic tangent;  d/dx = 1 - y^2.
struct Tanh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return tanh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy * (T(1) - y * y);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Tanh, tanh);
