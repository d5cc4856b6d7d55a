#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x for x > 0, else negative_slope * x;  d/dx = 1 for x > 0, else negative_slope, also at the
/// kink. Source: Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic
/// models".
struct LeakyRelu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double negative_slope = 0.01;

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x > T(0), x, T(negative_slope) * x);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x > T(0), dy, T(negative_slope) * dy);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(LeakyRelu, leaky_relu);
