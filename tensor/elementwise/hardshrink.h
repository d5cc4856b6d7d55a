#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x for |x| > lambd, else 0;  d/dx = 1 there, 0 between and at both kinks. NaN stays NaN.
struct Hardshrink {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double lambd = 0.5;

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x > T(lambd), x, select(x >= T(-lambd), T(0), x));
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x > T(lambd), dy, select(x < T(-lambd), dy, T(0)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Hardshrink, hardshrink);
