#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/softshrink.h"

namespace gradus::nn {

/// y = x moved towards 0 by lambd >= 0, and 0 for |x| <= lambd, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
/// Throws ConfigError: "[Softshrink] lambd: -1; expected >= 0".
struct Softshrink : Module {
  explicit Softshrink(double lambd = 0.5) : rule{.lambd = lambd} {
    rule.prepare("Softshrink", kFloat32);
  }
  Variable forward(Operand x) const override { return softshrink(std::move(x), rule); }
  std::string extra_repr() const override { return repr(rule.lambd); }

  ops::Softshrink rule;
};

}  // namespace gradus::nn
