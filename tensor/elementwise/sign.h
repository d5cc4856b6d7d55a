#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// -1, 0 or 1; NaN stays NaN;  d/dx = 0 everywhere, as in PyTorch.
struct Sign {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return sign_of(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T /*y*/, T dy) {
    return dy * T(0);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Sign, sign);
