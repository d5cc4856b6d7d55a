#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Arc tangent in [-pi/2, pi/2];  d/dx = 1 / (1 + x^2).
struct Atan {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return atan(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / (T(1) + x * x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Atan, atan);
