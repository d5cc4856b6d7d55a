#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// log(1 / (1 + e^-x)) without overflow;  d/dx = 1 / (1 + e^x).
struct Logsigmoid {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return -softplus(-x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return dy * sigmoid(-x);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Logsigmoid, logsigmoid);
