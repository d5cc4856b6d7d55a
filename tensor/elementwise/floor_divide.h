#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// The largest whole number that is not above a / b, as // in Python;  d/da = d/db = 0.
/// Floating numbers: such that b * y + remainder(a, b) = a but for rounding; a / b where b = 0.
/// Whole numbers wrap around: the smallest one divided by -1 is itself. Throws DTypeError where
/// whole numbers are divided by 0, see expect_no_zeros.
struct FloorDivide {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = false, kUsesY = false;

  static void check(std::string_view op, DType dtype, const Tensor& b) {
    if (!is_floating(dtype)) expect_no_zeros(op, b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    if constexpr (std::floating_point<T>) {
      // From the exact rest, since a / b may be rounded to a whole number that is too large.
      const T rest = fmod(a, b), exact = (a - rest) / b;
      const T below = rest != T(0) && (rest < T(0)) != (b < T(0)) ? exact - T(1) : exact;
      const T whole = std::nearbyint(below);
      return b == T(0) ? a / b : below == T(0) ? std::copysign(T(0), a / b) : whole;
    } else {
      if (b == -1) return T(0) - a;
      const T whole = a / b;
      return a % b != 0 && (a < 0) != (b < 0) ? whole - 1 : whole;
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T /*a*/, T /*b*/, T /*y*/, T dy) {
    return dy * T(0);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T /*a*/, T /*b*/, T /*y*/, T dy) {
    return dy * T(0);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(FloorDivide, floor_divide);
