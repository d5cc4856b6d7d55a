#pragma once
#include "tensor/elementwise.h"
#include "tensor/elementwise/digamma.h"

namespace gradus::ops {

/// Logarithm of |gamma(x)|;  d/dx = digamma(x). inf at 0, -1, -2, ...
struct Lgamma {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return lgamma(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * digamma(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Lgamma, lgamma);
