#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Arc sine in [-pi/2, pi/2];  d/dx = 1 / sqrt(1 - x^2). NaN for |x| > 1.
struct Asin {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return asin(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / sqrt(T(1) - x * x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Asin, asin);
