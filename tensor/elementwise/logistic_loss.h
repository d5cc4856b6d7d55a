#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// log(1 + e^a) - a b = -b log s(a) - (1 - b) log(1 - s(a)) with the sigmoid s, in nats, without
/// overflow: the cross entropy of the logit a and the target b;  d/da = s(a) - b,  d/db = -a.
struct LogisticLoss {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr unsigned kReads[] = {0b011, 0b001};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T a, T b) {
    return larger(a, T(0)) - a * b + log1p(exp(-abs(a)));
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T a, T b, T /*y*/, T dy) {
    return dy * (sigmoid(a) - b);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T a, T /*b*/, T /*y*/, T dy) {
    return -dy * a;
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(LogisticLoss, logistic_loss);
