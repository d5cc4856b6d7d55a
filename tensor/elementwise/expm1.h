#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// e^x - 1, exact for small x too;  d/dx = y + 1.
struct Expm1 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return expm1(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy * (y + T(1));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Expm1, expm1);
