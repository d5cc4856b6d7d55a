#pragma once
#include "nn/module.h"
#include "tensor/elementwise/tanhshrink.h"

namespace gradus::nn {

/// y = x - tanh(x) as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Tanhshrink : Module {
  Variable forward(Operand x) const override { return tanhshrink(std::move(x)); }
};

}  // namespace gradus::nn
