#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// Whether x is 0. Not differentiable: the result is bool.
struct LogicalNot {
  static constexpr Domain kDomain = Domain::kComparison;

  template <class T>
  GRADUS_HOST_DEVICE static bool forward(T x) {
    return x == T(0);
  }
};

}  // namespace gradus::ops

GRADUS_PREDICATE(LogicalNot, logical_not);
GRADUS_UNARY_OPERATOR(logical_not, !);
