#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"

namespace gradus::ops {

/// x limited to [min_value, max_value];  d/dx = 1 inside, 0 outside and at both kinks. NaN stays
/// NaN. Of whole numbers the limits are rounded towards 0. Throws ConfigError: "[hardtanh]
/// min_value: 2; expected at most max_value, 1".
struct Hardtanh {
  static constexpr Domain kDomain = Domain::kNumeric;
  static constexpr bool kUsesX = true, kUsesY = false;
  double min_value = -1, max_value = 1;

  void prepare(std::string_view op, DType /*dtype*/) const {
    if (!(min_value <= max_value)) {
      throw ConfigError("[" + std::string(op) + "] min_value: " + to_text(min_value) +
                        "; expected at most max_value, " + to_text(max_value));
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE T forward(T x) const {
    return smaller(larger(x, T(min_value)), T(max_value));
  }

  template <class T>
  GRADUS_HOST_DEVICE T backward(T x, T /*y*/, T dy) const {
    return select(x <= T(min_value), T(0), select(x >= T(max_value), T(0), dy));
  }
};

}  // namespace gradus::ops

GRADUS_UNARY_WITH(Hardtanh, hardtanh);
