#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The smaller of a and b; NaN if either is. At a tie each gets half of dy, as in PyTorch.
struct Minimum {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return smaller(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * select(a < b, T(1), select(a > b, T(0), T(0.5)));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return dy * select(b < a, T(1), select(b > a, T(0), T(0.5)));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Minimum, minimum);
