#pragma once
#include <cmath>
#include <string>

#include "autograd/ops/linear.h"
#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

/// Affine map y = x W^T + b.
/// Shapes: x [..., in], W [out, in], b [out]  ->  y [..., out].
/// Init: W and b from U(-k, k) with k = 1/sqrt(in), the default of torch.nn.Linear.
/// Throws ConfigError for sizes < 1.
struct Linear : Module {
  Linear(std::int64_t in, std::int64_t out, Generator& rng, bool with_bias = true,
         DType dtype = kFloat32)
      : weight(parameter("weight", initial({check(out, "out"), check(in, "in")}, in, rng, dtype))) {
    if (with_bias) bias = parameter("bias", initial({out}, in, rng, dtype));
  }

  /// Throws ShapeError: "[Linear] x is [32, 100]; expected [..., 784]".
  Variable forward(Operand x) const override {
    const Shape& shape = x.variable.shape();
    const std::int64_t in = weight.dim(1);
    if (shape.rank() < 1 || shape.at(-1) != in) {
      throw ShapeError("[Linear] x is " + to_string(shape) + "; expected [..., " +
                       std::to_string(in) + "]");
    }
    const std::source_location line = x.where;
    if (bias.defined()) return linear(std::move(x), {weight, line}, {bias, line});
    return linear(std::move(x), {weight, line});
  }

  std::string extra_repr() const override {
    return "in_features=" + std::to_string(weight.dim(1)) +
           ", out_features=" + std::to_string(weight.dim(0)) +
           ", bias=" + (bias.defined() ? "True" : "False");
  }

  Parameter weight, bias;  ///< bias is undefined when there is none

 protected:
  // Sizes come with the first input.
  Linear(bool with_bias, DType dtype) : weight(lazy_parameter("weight", dtype)) {
    if (with_bias) bias = lazy_parameter("bias", dtype);
  }
  static Tensor initial(const Shape& shape, std::int64_t in, Generator& rng, DType dtype) {
    const double k = 1 / std::sqrt(static_cast<double>(in));
    return uniform(shape, -k, k, rng, dtype);
  }
  static std::int64_t check(std::int64_t size, const char* name) {
    if (size >= 1) return size;
    throw ConfigError("[Linear] " + std::string(name) + ": " + std::to_string(size) +
                      "; expected >= 1");
  }
};

}  // namespace gradus::nn
