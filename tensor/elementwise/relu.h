#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// max(x, 0);  d/dx = 1 for x > 0, else 0, also at the kink x = 0. NaN stays NaN.
/// Source: Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".
struct Relu {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return select(x <= T(0), T(0), x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return select(x <= T(0), T(0), dy);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Relu, relu);
