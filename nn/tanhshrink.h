#pragma once
#include "nn/module.h"
#include "tensor/elementwise/tanhshrink.h"

namespace gradus::nn {

/// y = x - tanh(x) as a layer.
/// Shapes: x [...]  ->  y [...]. Throws DTypeError unless x is floating.
struct Tanhshrink : Module {
  Variable forward(Operand x) const override { return tanhshrink(std::move(x)); }
};

}  // namespace gradus::nn
