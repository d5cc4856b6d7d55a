#pragma once
#include "nn/module.h"
#include "tensor/elementwise/relu.h"
#include "tensor/elementwise/sigmoid.h"
#include "tensor/elementwise/tanh.h"

namespace gradus::nn {

/// The element-wise function as a layer: y = relu(x), any shape.
struct Relu : Module {
  Variable forward(Operand x) const override { return relu(std::move(x)); }
};

/// y = tanh(x), any shape.
struct Tanh : Module {
  Variable forward(Operand x) const override { return tanh(std::move(x)); }
};

/// y = 1 / (1 + e^-x), any shape.
struct Sigmoid : Module {
  Variable forward(Operand x) const override { return sigmoid(std::move(x)); }
};

}  // namespace gradus::nn
