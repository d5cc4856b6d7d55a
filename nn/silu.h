#pragma once
#include "nn/module.h"
#include "tensor/elementwise/silu.h"

namespace gradus::nn {

/// y = x sigmoid(x) as a layer, also called swish.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct SiLU : Module {
  Variable forward(Operand x) const override { return silu(std::move(x)); }
};

}  // namespace gradus::nn
