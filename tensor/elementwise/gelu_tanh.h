#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The approximation x (1 + tanh u) / 2 = x / (1 + e^-2u) of gelu, u = sqrt(2/pi) (x + 0.044715
/// x^3); d/dx = s + 2 x s (1 - s) u' with s = 1 / (1 + e^-2u). In PyTorch it is gelu(x,
/// approximate="tanh"). Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
struct GeluTanh {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return x * sigmoid(T(2) * inner(x));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    const T s = sigmoid(T(2) * inner(x));
    const T slope = T(0.797884560802865355880) * (T(1) + T(0.134145) * (x * x));
    return dy * (s + T(2) * x * s * (T(1) - s) * slope);
  }

 private:
  template <class T>
  GRADUS_HOST_DEVICE static T inner(T x) {
    return T(0.797884560802865355880) * (x + T(0.044715) * (x * x * x));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(GeluTanh, gelu_tanh);
