#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/threshold.h"

namespace gradus::nn {

/// y = x for x > threshold, else value, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Threshold : Module {
  Threshold(double threshold, double value) : rule{.threshold = threshold, .value = value} {}
  Variable forward(Operand x) const override { return threshold(std::move(x), rule); }
  std::string extra_repr() const override {
    return "threshold=" + repr(rule.threshold) + ", value=" + repr(rule.value);
  }

  ops::Threshold rule;
};

}  // namespace gradus::nn
