#pragma once
#include "nn/module.h"
#include "tensor/elementwise/tanh.h"

namespace gradus::nn {

/// y = tanh(x) as a layer. Shapes: x [...]  ->  y [...]. Throws DTypeError for dtypes that tanh
/// refuses.
struct Tanh : Module {
  Variable forward(Operand x) const override { return tanh(std::move(x)); }
};

}  // namespace gradus::nn
