#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The smallest whole number >= x;  d/dx = 0 everywhere.
/// Tensors of whole numbers pass unchanged.
struct Ceil {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    if constexpr (std::floating_point<T>)
      return std::ceil(x);
    else
      return x;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T /*x*/, T /*y*/, T dy) {
    return dy * T(0);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Ceil, ceil);
