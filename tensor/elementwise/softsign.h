#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x / (1 + |x|);  d/dx = 1 / (1 + |x|)^2.
struct Softsign {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x / (T(1) + abs(x));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T length = T(1) + abs(x);
    return dy / (length * length);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Softsign, softsign);
