#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// 1 / x;  d/dx = -y^2.
struct Reciprocal {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return T(1) / x;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return -dy * (y * y);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Reciprocal, reciprocal);
