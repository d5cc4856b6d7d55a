#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x limited to [0, 6];  d/dx = 1 inside, 0 outside and at both kinks. NaN stays NaN.
/// Source: Howard et al. 2017, arXiv:1704.04861.
struct Relu6 {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x) {
    return smaller(larger(x, T(0)), T(6));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward(T x, T /*y*/, T dy) {
    return select(x <= T(0), T(0), select(x >= T(6), T(0), dy));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY(Relu6, relu6);
