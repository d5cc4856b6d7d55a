#pragma once
#include <string>

#include "tensor/elementwise.h"
#include "tensor/error.h"

namespace gradus::ops {

/// Whether |a - b| <= atol + rtol |b|; infinities are close to themselves, NaN to NaN if equal_nan.
/// rtol: relative, atol: absolute tolerance, each >= 0.
/// Throws ConfigError: "[isclose] rtol: -1; expected a number >= 0".
/// Differs: in PyTorch a and b must have one dtype.
struct Isclose {
  static constexpr Domain kDomain = Domain::kComparison;
  double rtol = 1e-5, atol = 1e-8;
  bool equal_nan = false;

  void prepare(std::string_view op, DType /*dtype*/) const {
    for (const auto& [name, value] : {std::pair{"rtol", rtol}, {"atol", atol}}) {
      if (value >= 0) continue;
      throw ConfigError("[" + std::string(op) + "] " + name + ": " + to_text(value) +
                        "; expected a number >= 0");
    }
  }

  template <class T>
  GRADUS_HOST_DEVICE bool forward(T a, T b) const {
    if (a == b) return true;
    if constexpr (std::floating_point<T>) {
      if (a != a || b != b) return equal_nan && a != a && b != b;
      const T apart = abs(a - b);
      return apart < T(INFINITY) && apart <= T(atol) + abs(T(rtol) * b);
    } else {
      const double x = static_cast<double>(a), y = static_cast<double>(b);
      return abs(x - y) <= atol + abs(rtol * y);
    }
  }
};

}  // namespace gradus::ops

GRADUS_COMPARISON_WITH(Isclose, isclose);
