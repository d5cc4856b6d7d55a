#pragma once
#include "nn/module.h"
#include "tensor/elementwise/selu.h"

namespace gradus::nn {

/// y = scale * x for x > 0, else scale * alpha (e^x - 1), as a layer; keeps mean 0 and variance 1.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct SELU : Module {
  Variable forward(Operand x) const override { return selu(std::move(x)); }
};

}  // namespace gradus::nn
