#pragma once
#include <string>

#include "autograd/ops/split.h"
#include "nn/module.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sigmoid.h"

namespace gradus::nn {

/// Gated linear unit: y = a sigmoid(b) for the two halves a, b of x along the axis dim.
/// Shapes: x [..., 2n, ...]  ->  y [..., n, ...]. Throws IndexError, DTypeError, ShapeError:
///   "[GLU] x is [4, 3]; expected an even size of axis -1"
/// Source: Dauphin et al. 2016, arXiv:1612.08083.
struct GLU : Module {
  explicit GLU(int dim = -1) : dim(dim) {}

  Variable forward(Operand x) const override {
    const Shape& shape = x.value().shape();
    const std::int64_t size = shape[normalize_axis("GLU", dim, shape)];
    if (size % 2 != 0) {
      throw ShapeError("[GLU] x is " + to_string(shape) + "; expected an even size of axis " +
                       std::to_string(dim));
    }
    const std::source_location line = x.where;
    const Variable a = narrow(x, dim, 0, size / 2), b = narrow(x, dim, size / 2, size / 2);
    return mul({a, line}, {sigmoid({b, line}), line});
  }
  std::string extra_repr() const override { return "dim=" + std::to_string(dim); }

  int dim;
};

}  // namespace gradus::nn
