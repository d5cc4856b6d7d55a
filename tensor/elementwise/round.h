#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The nearest whole number, the even one of two, as in PyTorch;  d/dx = 0 everywhere.
/// Tensors of whole numbers pass unchanged.
struct Round {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    if constexpr (std::floating_point<T>)
      return std::nearbyint(x);
    else
      return x;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T /*y*/, T dy) {
    return dy * T(0);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Round, round);
