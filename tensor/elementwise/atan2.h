#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Angle of the point (b, a) in [-pi, pi];  d/da = b / (a^2 + b^2),  d/db = -a / (a^2 + b^2).
struct Atan2 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return std::atan2(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * (b / (a * a + b * b));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return -dy * (a / (a * a + b * b));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Atan2, atan2);
