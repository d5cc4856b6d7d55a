#pragma once
#include <string>

#include "autograd/ops/softmax.h"
#include "nn/module.h"

namespace gradus::nn {

/// y[i] = x[i] - log sum_j e^x[j] along the axis dim, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers. Throws IndexError for a dim that x does
/// not have. Differs: PyTorch guesses a dim that is not given.
struct LogSoftmax : Module {
  explicit LogSoftmax(int dim) : dim(dim) {}
  Variable forward(Operand x) const override { return log_softmax(std::move(x), dim); }
  std::string extra_repr() const override { return "dim=" + std::to_string(dim); }

  int dim;
};

}  // namespace gradus::nn
