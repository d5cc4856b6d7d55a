#pragma once
#include "nn/module.h"
#include "tensor/elementwise/logsigmoid.h"

namespace gradus::nn {

/// y = log(1 / (1 + e^-x)) as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct LogSigmoid : Module {
  Variable forward(Operand x) const override { return logsigmoid(std::move(x)); }
};

}  // namespace gradus::nn
