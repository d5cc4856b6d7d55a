#pragma once
#include "nn/module.h"
#include "tensor/elementwise/hardswish.h"

namespace gradus::nn {

/// y = x min(max(x + 3, 0), 6) / 6 as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Hardswish : Module {
  Variable forward(Operand x) const override { return hardswish(std::move(x)); }
};

}  // namespace gradus::nn
