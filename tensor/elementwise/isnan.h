#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Whether x is NaN. Not differentiable: the result is bool.
struct Isnan {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T x) {
    return x != x;
  }
};

}  // namespace gradus::ops

GRADUS_PREDICATE(Isnan, isnan);
