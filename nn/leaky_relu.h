#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/leaky_relu.h"

namespace gradus::nn {

/// y = x for x > 0, else negative_slope x, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct LeakyReLU : Module {
  explicit LeakyReLU(double negative_slope = 0.01) : rule{.negative_slope = negative_slope} {}
  Variable forward(Operand x) const override { return leaky_relu(std::move(x), rule); }
  std::string extra_repr() const override { return "negative_slope=" + repr(rule.negative_slope); }

  ops::LeakyRelu rule;
};

}  // namespace gradus::nn
