#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x (x + 3) / 6 for x in [-3, 3], 0 below and x above;  d/dx = (2x + 3) / 6 inside, 0 below and 1
/// above, also at the kinks.
/// Source: Howard et al. 2019, arXiv:1905.02244.
struct Hardswish {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x * smaller(larger(x + T(3), T(0)), T(6)) / T(6);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return select(x <= T(-3), T(0), select(x < T(3), dy * ((x + x + T(3)) / T(6)), dy));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Hardswish, hardswish);
