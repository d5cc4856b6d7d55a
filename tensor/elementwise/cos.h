#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// cos x, x in radians;  d/dx = -sin x.
struct Cos {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return cos(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return -dy * sin(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Cos, cos);
