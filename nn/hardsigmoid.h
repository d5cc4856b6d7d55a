#pragma once
#include "nn/module.h"
#include "tensor/elementwise/hardsigmoid.h"

namespace gradus::nn {

/// y = (x + 3) / 6 limited to [0, 1], as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Hardsigmoid : Module {
  Variable forward(Operand x) const override { return hardsigmoid(std::move(x)); }
};

}  // namespace gradus::nn
