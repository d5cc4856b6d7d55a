#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/celu.h"

namespace gradus::nn {

/// y = x for x > 0, else alpha (e^(x / alpha) - 1), as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
/// Throws ConfigError: "[CELU] alpha: 0; expected another number".
struct CELU : Module {
  explicit CELU(double alpha = 1) : rule{.alpha = alpha} { rule.prepare("CELU", kFloat32); }
  Variable forward(Operand x) const override { return celu(std::move(x), rule); }
  std::string extra_repr() const override { return "alpha=" + repr(rule.alpha); }

  ops::Celu rule;
};

}  // namespace gradus::nn
