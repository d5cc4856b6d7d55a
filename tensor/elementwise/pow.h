#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// a^b;  d/da = b a^(b-1), 0 where b = 0;  d/db = y log a, 0 where a = 0 and b >= 0 (as in
/// PyTorch). Whole numbers give whole numbers, which wrap around.
/// Throws DTypeError: "[pow] b: -1 at [0] ; expected exponents >= 0 for whole numbers;
/// convert with to(kFloat32)".
/// Differs: PyTorch refuses a negative exponent only as a C++ number; as a tensor it gives 0.
struct Pow {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = true;

  static void check(std::string_view op, DType dtype, const Tensor& b) {
    if (!is_floating(dtype)) expect_no_negatives(op, b);
  }
  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    if constexpr (std::floating_point<T>) {
      return pow(a, b);
    } else {
      T y = 1;
      for (; b > 0; b >>= 1, a *= a) y *= (b & 1) != 0 ? a : T(1);
      return y;
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return select(b == T(0), T(0), dy * (b * pow(a, b - T(1))));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T b, T y, T dy) {
    return select(a == T(0), select(b >= T(0), T(0), dy * y * log(a)), dy * y * log(a));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Pow, pow);
