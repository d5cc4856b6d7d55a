#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x^2;  d/dx = 2 x.
struct Square {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x * x;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * (T(2) * x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Square, square);
