#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// (a != 0) and (b != 0); NaN counts as true. Not differentiable: the result is bool.
struct LogicalAnd {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T a, T b) {
    return (a != T(0)) & (b != T(0));
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON(LogicalAnd, logical_and);
