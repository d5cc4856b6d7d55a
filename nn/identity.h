#pragma once
#include "nn/module.h"

namespace gradus::nn {

/// y = x: stands where a model may have a layer. Shapes: x [...]  ->  y [...].
struct Identity : Module {
  Variable forward(Operand x) const override { return std::move(x.variable); }
};

}  // namespace gradus::nn
