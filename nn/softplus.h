#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/softplus.h"

namespace gradus::nn {

/// y = log(1 + e^(beta x)) / beta, and x where beta x > threshold, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Softplus : Module {
  explicit Softplus(double beta = 1, double threshold = 20)
      : rule{.beta = beta, .threshold = threshold} {}
  Variable forward(Operand x) const override { return softplus(std::move(x), rule); }
  std::string extra_repr() const override {
    return "beta=" + repr(rule.beta) + ", threshold=" + repr(rule.threshold);
  }

  ops::Softplus rule;
};

}  // namespace gradus::nn
