#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x for x > 0, else alpha (e^x - 1);  d/dx = 1 for x > 0, else alpha e^x.
/// alpha: minus the limit at -inf.
/// Source: Clevert et al. 2015, arXiv:1511.07289.
struct Elu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double alpha = 1;

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x <= T(0), T(alpha) * expm1(x), x);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    // Of smaller(x, 0), so that second derivatives meet no infinity.
    return select(x <= T(0), dy * (T(alpha) * exp(smaller(x, T(0)))), dy);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Elu, elu);
