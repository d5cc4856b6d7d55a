#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Inverse of sinh;  d/dx = 1 / sqrt(x^2 + 1).
struct Asinh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return asinh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / sqrt(x * x + T(1));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Asinh, asinh);
