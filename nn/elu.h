#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/elu.h"

namespace gradus::nn {

/// y = x for x > 0, else alpha (e^x - 1), as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct ELU : Module {
  explicit ELU(double alpha = 1) : rule{.alpha = alpha} {}
  Variable forward(Operand x) const override { return elu(std::move(x), rule); }
  std::string extra_repr() const override { return "alpha=" + repr(rule.alpha); }

  ops::Elu rule;
};

}  // namespace gradus::nn
