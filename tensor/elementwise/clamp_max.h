#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The smaller of a and b; NaN if either is. At a tie a gets all of dy, as in PyTorch.
struct ClampMax {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return smaller(a, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return select(a > b, T(0), dy);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return select(a > b, dy, T(0));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(ClampMax, clamp_max);
