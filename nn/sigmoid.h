#pragma once
#include "nn/module.h"
#include "tensor/elementwise/sigmoid.h"

namespace gradus::nn {

/// y = 1 / (1 + e^-x) as a layer. Shapes: x [...]  ->  y [...]. Throws DTypeError for dtypes that
/// sigmoid refuses.
struct Sigmoid : Module {
  Variable forward(Operand x) const override { return sigmoid(std::move(x)); }
};

}  // namespace gradus::nn
