#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// sin x, x in radians;  d/dx = cos x.
struct Sin {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return sin(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * cos(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Sin, sin);
