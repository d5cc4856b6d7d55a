#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/hardtanh.h"

namespace gradus::nn {

/// y = x limited to [min_val, max_val], as a layer. Shapes: x [...]  ->  y [...]. Throws DTypeError
/// for bool, ConfigError: "[Hardtanh] min_value: 2; expected at most max_value, 1".
struct Hardtanh : Module {
  explicit Hardtanh(double min_val = -1, double max_val = 1)
      : rule{.min_value = min_val, .max_value = max_val} {
    rule.prepare("Hardtanh", kFloat32);
  }
  Variable forward(Operand x) const override { return hardtanh(std::move(x), rule); }
  std::string extra_repr() const override {
    return "min_val=" + repr(rule.min_value) + ", max_val=" + repr(rule.max_value);
  }

  ops::Hardtanh rule;
};

}  // namespace gradus::nn
