#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// log(1 + x), exact for small x too;  d/dx = 1 / (1 + x). log1p(x < -1) = NaN.
struct Log1p {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return log1p(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / (T(1) + x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Log1p, log1p);
