#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Error function 2/sqrt(pi) * integral of e^(-t^2) from 0 to x;  d/dx = 2/sqrt(pi) e^(-x^2).
struct Erf {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return erf(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * (T(1.128379167095512573896) * exp(-(x * x)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Erf, erf);
