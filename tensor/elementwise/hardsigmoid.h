#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// (x + 3) / 6 limited to [0, 1];  d/dx = 1/6 inside, 0 outside and at both kinks.
/// Source: Howard et al. 2019, arXiv:1905.02244.
struct Hardsigmoid {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return smaller(larger(x + T(3), T(0)), T(6)) / T(6);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return select(x > T(-3), select(x < T(3), dy / T(6), T(0)), T(0));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Hardsigmoid, hardsigmoid);
