#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a - b.
struct Sub {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return a - b;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T /*b*/, T /*y*/, T dy) {
    return dy;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T /*a*/, T /*b*/, T /*y*/, T dy) {
    return -dy;
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Sub, sub);
GRADUS_BINARY_OPERATOR(sub, -);
