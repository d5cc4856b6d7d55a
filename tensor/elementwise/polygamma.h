#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"
#include "tensor/special.h"

namespace gradus::ops {

/// Derivative of order n of digamma: (-1)^(n+1) n! * sum over k >= 0 of (x + k)^-(n+1).
/// n: order in [0, 100]. Infinite at 0, -1, -2, ...
/// Throws ConfigError: "[polygamma] n: -1; expected 0..100".
/// Differs: in PyTorch n comes first, and at -1, -2, ... order 1 gives large numbers.
struct Polygamma {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  int n = 1;

  void prepare(std::string_view op, DType /*dtype*/) const {
    if (n < 0 || n > 100) {
      throw ConfigError("[" + std::string(op) + "] n: " + std::to_string(n) + "; expected 0..100");
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return polygamma(x, *this);
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return dy * polygamma(x, Polygamma{n + 1});
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Polygamma, polygamma);
