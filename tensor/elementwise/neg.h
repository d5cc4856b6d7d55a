#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// -x;  d/dx = -1.
struct Neg {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return -x;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T /*y*/, T dy) {
    return -dy;
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Neg, neg);
GRADUS_UNARY_OPERATOR(neg, -);
