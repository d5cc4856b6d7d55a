#pragma once
#include "tensor/elementwise.h"
#include "tensor/elementwise/polygamma.h"

namespace gradus::ops {

/// Derivative of lgamma: log x - 1/(2x) - 1/(12x^2) + ...;  d/dx = polygamma(1, x). -inf at 0, inf
/// at -0, NaN at -1, -2, ...
struct Digamma {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return digamma(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * polygamma(x, Polygamma{1});
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Digamma, digamma);
