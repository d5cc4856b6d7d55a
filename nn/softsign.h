#pragma once
#include "nn/module.h"
#include "tensor/elementwise/softsign.h"

namespace gradus::nn {

/// y = x / (1 + |x|) as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Softsign : Module {
  Variable forward(Operand x) const override { return softsign(std::move(x)); }
};

}  // namespace gradus::nn
