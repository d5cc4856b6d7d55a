#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x with NaN and infinities replaced;  d/dx = 1, 0 where replaced.
/// nan: for NaN; posinf, neginf: for the infinities, by default the largest and the smallest number
/// of the dtype of x.
struct NanToNum {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;
  double nan = 0, posinf = INFINITY, neginf = -INFINITY;

  void prepare(std::string_view /*op*/, DType dtype) {
    const double largest = dtype == kFloat16    ? 65504
                           : dtype == kBFloat16 ? 0x1.fep127
                           : dtype == kFloat32  ? std::numeric_limits<float>::max()
                                                : std::numeric_limits<double>::max();
    if (posinf == INFINITY) posinf = largest;
    if (neginf == -INFINITY) neginf = -largest;
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    if constexpr (std::floating_point<T>) {
      const T finite = select(x > T(0), T(posinf), T(neginf));
      return select(x != x, T(nan), select(x - x == T(0), x, finite));
    } else {
      return x;
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x - x == T(0), dy, T(0));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(NanToNum, nan_to_num);
