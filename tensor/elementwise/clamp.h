#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a limited to [b, c], that is min(max(a, b), c), so c where b > c; NaN if any is. dy goes to the
/// operand that is the result, at ties to a.
struct Clamp {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b, T c) {
    return smaller(larger(a, b), c);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T c, T /*y*/, T dy) {
    return select(a < b, T(0), select(a > c, T(0), dy));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T c, T /*y*/, T dy) {
    return select(a < b, select(b < c, dy, T(0)), T(0));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_c(T a, T b, T c, T /*y*/, T dy) {
    return select(c < b, dy, select(a > c, dy, T(0)));
  }
};

}  // namespace gradus::ops

GRADUS_TERNARY(Clamp, clamp);
