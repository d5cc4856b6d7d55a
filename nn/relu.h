#pragma once
#include "nn/module.h"
#include "tensor/elementwise/relu.h"

namespace gradus::nn {

/// y = max(x, 0) as a layer. Shapes: x [...]  ->  y [...]. Throws DTypeError for dtypes that relu
/// refuses.
struct ReLU : Module {
  Variable forward(Operand x) const override { return relu(std::move(x)); }
};

}  // namespace gradus::nn
