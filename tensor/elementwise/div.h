#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a / b;  d/da = 1 / b,  d/db = -y / b. Integers are divided as float32 numbers.
struct Div {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = true;
  static constexpr unsigned kReads[] = {0b010, 0b110};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return a / b;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T b, T /*y*/, T dy) {
    return dy / b;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T /*a*/, T b, T y, T dy) {
    return -dy * y / b;
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Div, div);
GRADUS_BINARY_OPERATOR(div, /);
