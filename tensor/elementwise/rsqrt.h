#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// 1 / sqrt(x);  d/dx = -y^3 / 2. NaN for x < 0.
struct Rsqrt {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return T(1) / sqrt(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return -dy * (y * y * y) / T(2);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Rsqrt, rsqrt);
