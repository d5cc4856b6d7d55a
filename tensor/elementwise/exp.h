#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// e^x;  d/dx = y.
struct Exp {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return exp(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy * y;
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Exp, exp);
