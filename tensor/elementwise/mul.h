#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a b;  d/da = b,  d/db = a.
struct Mul {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr unsigned kReads[] = {0b10, 0b01};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return a * b;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T b, T /*y*/, T dy) {
    return dy * b;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T /*b*/, T /*y*/, T dy) {
    return dy * a;
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Mul, mul);
GRADUS_BINARY_OPERATOR(mul, *);
