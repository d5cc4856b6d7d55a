#pragma once
#include <string>

#include "autograd/ops/reshape.h"
#include "nn/module.h"
#include "tensor/elementwise/prelu.h"

namespace gradus::nn {

/// y = x for x > 0, else w x with a learned slope: one for all, or one per channel, the axis 1.
/// Shapes: x [N, C, ...], or [...] with one slope; w [num_parameters]  ->  y as x.
/// Init: w = init. Throws DTypeError, ConfigError (num_parameters < 1), ShapeError:
///   "[PReLU] x is [2, 4]; expected 3 channels in axis 1, one for each slope"
/// Source: He et al. 2015, arXiv:1502.01852.
struct PReLU : Module {
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25, DType dtype = kFloat32)
      : weight(parameter("weight", full({check(num_parameters)}, init, dtype))) {}

  Variable forward(Operand x) const override {
    const std::int64_t slopes = weight.dim(0);
    const Shape& shape = x.value().shape();
    if (slopes == 1 && shape.rank() > 0) return prelu(x, {weight, x.where});
    if (slopes != 1 && (shape.rank() < 2 || shape[1] != slopes)) {
      throw ShapeError("[PReLU] x is " + to_string(shape) + "; expected " + std::to_string(slopes) +
                       " channels in axis 1, one for each slope");
    }
    // One size for each axis from the channels on; none for a number.
    Shape per_channel = Shape::filled(shape.rank() == 0 ? 0 : shape.rank() - 1, 1);
    if (shape.rank() > 0) per_channel[0] = slopes;
    return prelu(x, {reshape({weight, x.where}, per_channel), x.where});
  }
  std::string extra_repr() const override {
    return "num_parameters=" + std::to_string(weight.dim(0));
  }

  Parameter weight;

 private:
  static std::int64_t check(std::int64_t n) {
    if (n >= 1) return n;
    throw ConfigError("[PReLU] num_parameters: " + std::to_string(n) + "; expected >= 1");
  }
};

}  // namespace gradus::nn
