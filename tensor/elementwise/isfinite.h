#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Whether x is neither NaN nor infinite. Not differentiable: the result is bool.
struct Isfinite {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T x) {
    return x - x == T(0);
  }
};

}  // namespace gradus::ops

GRADUS_PREDICATE(Isfinite, isfinite);
