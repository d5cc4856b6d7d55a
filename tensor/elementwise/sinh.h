#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Hyperbolic sine;  d/dx = cosh x.
struct Sinh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return sinh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * cosh(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Sinh, sinh);
