#pragma once
#include "nn/module.h"
#include "tensor/elementwise/mish.h"

namespace gradus::nn {

/// y = x tanh(softplus(x)) as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Mish : Module {
  Variable forward(Operand x) const override { return mish(std::move(x)); }
};

}  // namespace gradus::nn
