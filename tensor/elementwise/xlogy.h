#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a log b, 0 where a = 0 (NaN where b is);  d/da = log b, 0 where a = 0 and b <= 0;  d/db = a / b.
struct Xlogy {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return select(a == T(0), select(b == b, T(0), b), a * log(b));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * select(a == T(0), select(b <= T(0), T(0), log(b)), log(b));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return dy * (a / b);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Xlogy, xlogy);
