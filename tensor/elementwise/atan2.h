#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Angle of the point (b, a) in [-pi, pi];  d/da = b / (a^2 + b^2),  d/db = -a / (a^2 + b^2);
/// both 0 at (0, 0), as in PyTorch.
struct Atan2 {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return atan2(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * (b / square_of_length(a, b));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return -dy * (a / square_of_length(a, b));
  }

 private:
  // 1 in place of 0.
  template <class T>
  GRADUS_HOST_DEVICE static T square_of_length(T a, T b) {
    const T square = a * a + b * b;
    return select(square == T(0), T(1), square);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Atan2, atan2);
