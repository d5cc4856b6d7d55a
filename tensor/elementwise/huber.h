#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"

namespace gradus::ops {

/// x^2 / 2 for |x| <= delta, else the line delta (|x| - delta / 2) that goes on from there: c (x -
/// c / 2) with x limited to c in -delta..delta;  d/dx = c.
/// delta: where the parabola ends, > 0.
/// Throws ConfigError: "[huber] delta: 0; expected a number > 0".
/// Source: Huber 1964, "Robust estimation of a location parameter".
struct Huber {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double delta = 1;

  void prepare(std::string_view op, DType /*dtype*/) const {
    if (delta > 0) return;
    throw ConfigError("[" + std::string(op) + "] delta: " + to_text(delta) +
                      "; expected a number > 0");
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    const T c = larger(smaller(x, T(delta)), T(-delta));
    return c * (x - T(0.5) * c);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return dy * larger(smaller(x, T(delta)), T(-delta));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Huber, huber);
