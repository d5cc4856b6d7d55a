#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// scale * x for x > 0, else scale * alpha (e^x - 1), whose mean 0 and variance 1 pass through
/// layers unchanged;  d/dx = scale for x > 0, else scale * alpha e^x. Source: Klambauer et al.
/// 2017, arXiv:1706.02515.
struct Selu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr double kScale = 1.0507009873554804934193, kAlpha = 1.6732632423543772848170;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return select(x <= T(0), T(kScale * kAlpha) * expm1(x), T(kScale) * x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    // Of smaller(x, 0), so that second derivatives meet no infinity.
    return select(x <= T(0), dy * (T(kScale * kAlpha) * exp(smaller(x, T(0)))), dy * T(kScale));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Selu, selu);
