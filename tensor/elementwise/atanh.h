#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Inverse of tanh;  d/dx = 1 / (1 - x^2). NaN for |x| > 1.
struct Atanh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return atanh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / (T(1) - x * x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Atanh, atanh);
