#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a^b;  d/da = b a^(b-1), 0 where b = 0;  d/db = y log a, 0 where a = 0 and b >= 0 (as in
/// PyTorch). Differs: integers are raised as float32 numbers.
struct Pow {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = true;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return pow(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return select(b == T(0), T(0), dy * (b * pow(a, b - T(1))));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T y, T dy) {
    return select(a == T(0), select(b >= T(0), T(0), dy * y * log(a)), dy * y * log(a));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Pow, pow);
