#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a + c (b - a): from a at c = 0 to b at c = 1, exact at both ends;  d/da = 1 - c,  d/db = c,
/// d/dc = b - a.
struct Lerp {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr unsigned kReads[] = {0b100, 0b100, 0b011};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b, T c) {
    return select(c < T(0.5), a + c * (b - a), b - (b - a) * (T(1) - c));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T /*b*/, T c, T /*y*/, T dy) {
    return dy * (T(1) - c);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T /*a*/, T /*b*/, T c, T /*y*/, T dy) {
    return dy * c;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_c(T a, T b, T /*c*/, T /*y*/, T dy) {
    return dy * (b - a);
  }
};

}  // namespace gradus::ops

GRADUS_TERNARY(Lerp, lerp);
