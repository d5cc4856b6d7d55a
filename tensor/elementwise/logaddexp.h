#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// log(e^a + e^b) without overflow;  d/da = 1 / (1 + e^(b-a)),  d/db = 1 / (1 + e^(a-b)).
struct Logaddexp {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    // Equal infinities have no difference.
    return select(a == b, a + T(0.693147180559945309417), larger(a, b) + log1p(exp(-abs(a - b))));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * sigmoid(a - b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return dy * sigmoid(b - a);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Logaddexp, logaddexp);
