#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// sqrt(a^2 + b^2) without overflow;  d/da = a / y,  d/db = b / y.
struct Hypot {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = true;
  static constexpr unsigned kReads[] = {0b101, 0b110};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return hypot(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T /*b*/, T y, T dy) {
    return dy * (a / y);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T /*a*/, T b, T y, T dy) {
    return dy * (b / y);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Hypot, hypot);
