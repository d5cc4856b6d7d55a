#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Hyperbolic cosine;  d/dx = sinh x.
struct Cosh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return cosh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * sinh(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Cosh, cosh);
