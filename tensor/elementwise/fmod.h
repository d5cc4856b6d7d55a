#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a - b trunc(a / b): the rest of a division, with the sign of a;  d/da = 1,  d/db = -trunc(a /
/// b). NaN where b = 0. Throws DTypeError where whole numbers are divided by 0, see
/// expect_no_zeros.
struct Fmod {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;

  static void check(std::string_view op, DType dtype, const Tensor& b) {
    if (!is_floating(dtype)) expect_no_zeros(op, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    if constexpr (std::floating_point<T>) {
      return fmod(a, b);
    } else {
      return b == -1 ? T(0) : a % b;  // the quotient of the smallest number by -1 overflows
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T /*b*/, T /*y*/, T dy) {
    return dy;
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T /*y*/, T dy) {
    return -dy * trunc(a / b);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Fmod, fmod);
