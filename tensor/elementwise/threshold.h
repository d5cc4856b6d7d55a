#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x for x > threshold, else value;  d/dx = 1 or 0, also at the threshold. NaN stays NaN.
struct Threshold {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double threshold = 0, value = 0;

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x <= T(threshold), T(value), x);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x <= T(threshold), T(0), dy);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Threshold, threshold);
