#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// 1 - erf(x), without loss of digits for large x;  d/dx = -2/sqrt(pi) e^(-x^2).
struct Erfc {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return erfc(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return -dy * (T(1.128379167095512573896) * exp(-(x * x)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Erfc, erfc);
