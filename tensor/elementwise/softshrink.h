#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"

namespace gradus::ops {

/// x moved towards 0 by lambd, and 0 for |x| <= lambd;  d/dx = 1 outside, 0 between and at both
/// kinks. NaN stays NaN.
/// lambd: not negative.
/// Throws ConfigError: "[softshrink] lambd: -1; expected >= 0".
/// Source: Donoho 1995, "De-noising by soft-thresholding".
struct Softshrink {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double lambd = 0.5;

  void prepare(std::string_view op, DType /*dtype*/) const {
    if (!(lambd >= 0)) {
      throw ConfigError("[" + std::string(op) + "] lambd: " + to_text(lambd) + "; expected >= 0");
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x > T(lambd), x - T(lambd), select(x >= T(-lambd), T(0), x + T(lambd)));
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x > T(lambd), dy, select(x < T(-lambd), dy, T(0)));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Softshrink, softshrink);
