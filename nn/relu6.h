#pragma once
#include "nn/module.h"
#include "tensor/elementwise/relu6.h"

namespace gradus::nn {

/// y = min(max(x, 0), 6) as a layer. Shapes: x [...]  ->  y [...]. Throws DTypeError for bool.
struct ReLU6 : Module {
  Variable forward(Operand x) const override { return relu6(std::move(x)); }
};

}  // namespace gradus::nn
