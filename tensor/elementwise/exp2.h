#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// 2^x;  d/dx = y log 2.
struct Exp2 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return exp2(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy * y * T(0.693147180559945309417);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Exp2, exp2);
