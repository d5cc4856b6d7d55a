#pragma once
#include "tensor/elementwise.h"

namespace gradus::ops {

/// x for x > 0, else w x with a learned slope w;  d/dx = 1 for x > 0, else w;  d/dw = 0 for x > 0,
/// else x. Source: He et al. 2015, arXiv:1502.01852.
/// Differs: w broadcasts against x; PyTorch takes one slope, or one per channel (see nn::PReLU).
struct Prelu {
  static constexpr Domain kDomain = Domain::kFloating;
  static constexpr bool kUsesX = true, kUsesY = false;
  static constexpr unsigned kReads[] = {0b011, 0b001};

  template <class T>
  GRADUS_HOST_DEVICE static T forward(T x, T w) {
    return select(x > T(0), x, w * x);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_a(T x, T w, T /*y*/, T dy) {
    return select(x > T(0), dy, w * dy);
  }

  template <class T>
  GRADUS_HOST_DEVICE static T backward_b(T x, T /*w*/, T /*y*/, T dy) {
    return select(x > T(0), T(0), x * dy);
  }
};

}  // namespace gradus::ops

GRADUS_BINARY(Prelu, prelu);
