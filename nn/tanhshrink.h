#pragma once
#include "nn/module.h"
#include "tensor/elementwise/sub.h"
#include "tensor/elementwise/tanh.h"

namespace gradus::nn {

/// y = x - tanh(x) as a layer. As in PyTorch the difference of small numbers is rounded.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Tanhshrink : Module {
  Variable forward(Operand x) const override {
    const Variable bounded = tanh(x);
    return sub(x, {bounded, x.where});
  }
};

}  // namespace gradus::nn
