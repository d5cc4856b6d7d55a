#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// -b log a - (1 - b) log(1 - a), in nats: the cross entropy of the probability a and the target b.
/// The logarithms are -100 at least, so that it is finite at 0 and 1;  d/da = (a - b) / (a (1 -
/// a)), with a divisor of 1e-12 at least;  d/db = log(1 - a) - log a. Source:
/// torch.nn.functional.binary_cross_entropy.
struct LogLoss {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr unsigned kReads[] = {0b011, 0b001};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return (b - T(1)) * larger(log1p(-a), T(-100)) - b * larger(log(a), T(-100));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * ((a - b) / larger((T(1) - a) * a, T(1e-12)));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T /*b*/, T /*y*/, T dy) {
    return dy * (larger(log1p(-a), T(-100)) - larger(log(a), T(-100)));
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(LogLoss, log_loss);
