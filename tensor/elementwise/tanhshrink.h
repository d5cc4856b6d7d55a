#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x - tanh(x);  d/dx = tanh(x)^2.
struct Tanhshrink {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x - tanh(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T slope = tanh(x);
    return dy * (slope * slope);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Tanhshrink, tanhshrink);
