#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x tanh(log(1 + e^x));  d/dx = t + x (1 - t^2) / (1 + e^-x) with t = tanh(log(1 + e^x)).
/// Source: Misra 2019, arXiv:1908.08681.
struct Mish {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x * tanh(softplus(x));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T t = tanh(softplus(x));
    return dy * (t + x * ((T(1) - t * t) * sigmoid(x)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Mish, mish);
