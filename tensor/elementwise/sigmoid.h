#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// 1 / (1 + e^-x);  d/dx = y (1 - y).
struct Sigmoid {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = false, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return sigmoid(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T y, T dy) {
    return dy * (y * (T(1) - y));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Sigmoid, sigmoid);
