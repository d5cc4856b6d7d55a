#pragma once
#include <string>

#include "autograd/ops/softmax.h"
#include "nn/module.h"
#include "tensor/elementwise/neg.h"

namespace gradus::nn {

/// y[i] = e^-x[i] / sum_j e^-x[j] along the axis dim, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers. Throws IndexError for a dim that x does
/// not have. Differs: PyTorch guesses a dim that is not given.
struct Softmin : Module {
  explicit Softmin(int dim) : dim(dim) {}
  Variable forward(Operand x) const override {
    const std::source_location line = x.where;
    return softmax({neg(std::move(x)), line}, dim);
  }
  std::string extra_repr() const override { return "dim=" + std::to_string(dim); }

  int dim;
};

}  // namespace gradus::nn
