#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x / (1 + e^-x), also known as swish;  d/dx = s (1 + x (1 - s)) with s = 1 / (1 + e^-x).
/// Source: Hendrycks & Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941.
struct Silu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x * sigmoid(x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T s = sigmoid(x);
    return dy * (s * (T(1) + x * (T(1) - s)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Silu, silu);
