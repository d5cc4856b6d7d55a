#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// log(1 + e^(beta x)) / beta, and x itself where beta x > threshold;  d/dx = 1 / (1 + e^(-beta
/// x)). beta: how steep; threshold: where the rest is below rounding. Source: Dugas et al. 2001,
/// "Incorporating second-order functional knowledge for better option pricing".
struct Softplus {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  double beta = 1, threshold = 20;

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    const T z = T(beta) * x;
    return select(z > T(threshold), x, softplus(z) / T(beta));
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    const T z = T(beta) * x;
    return select(z > T(threshold), dy, dy * sigmoid(z));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Softplus, softplus);
