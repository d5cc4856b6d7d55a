#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Natural logarithm;  d/dx = 1 / x. log(0) = -inf, log(x < 0) = NaN.
struct Log {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return log(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / x;
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Log, log);
