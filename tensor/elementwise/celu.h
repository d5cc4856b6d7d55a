#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"

namespace gradus::ops {

/// x for x > 0, else alpha (e^(x / alpha) - 1), which has no kink;  d/dx = 1 for x > 0, else
/// e^(x / alpha).
/// alpha: minus the limit at -inf, not 0.
/// Throws ConfigError: "[celu] alpha: 0; expected another number".
/// Source: Barron 2017, arXiv:1704.07483.
struct Celu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double alpha = 1;

  void prepare(std::string_view op, DType /*dtype*/) const {
    if (alpha == 0) {
      throw ConfigError("[" + std::string(op) + "] alpha: 0; expected another number");
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return select(x <= T(0), T(alpha) * expm1(x / T(alpha)), x);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    // Of smaller(x, 0), so that second derivatives meet no infinity.
    return select(x <= T(0), dy * exp(smaller(x, T(0)) / T(alpha)), dy);
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Celu, celu);
