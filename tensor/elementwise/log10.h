#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Logarithm to base 10;  d/dx = 1 / (x log 10). log10(0) = -inf, log10(x < 0) = NaN.
struct Log10 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return log10(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy / (x * T(2.302585092994045684018));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Log10, log10);
