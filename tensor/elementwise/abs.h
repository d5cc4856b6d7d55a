#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// |x|;  d/dx = sign(x), 0 at the kink x = 0 as in PyTorch.
struct Abs {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return select(x < T(0), -x, x + T(0));  // + 0 makes 0 of -0
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * sign_of(x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Abs, abs);
