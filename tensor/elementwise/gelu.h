#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x P(x), P the probability of a standard normal number below x;  d/dx = P(x) + x p(x) with the
/// density p.
/// Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
/// Differs: PyTorch computes P as (1 + erf) / 2, which has no correct digits left for x < -8.
struct Gelu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return T(0.5) * x * erfc(x * T(-0.707106781186547524401));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T below = T(0.5) * erfc(x * T(-0.707106781186547524401));
    return dy * (below + x * (T(0.398942280401432677940) * exp(T(-0.5) * x * x)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Gelu, gelu);
