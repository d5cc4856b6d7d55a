#pragma once
#include <cmath>
#include <string>

#include "autograd/ops/linear.h"
#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

/// Affine map y = x W^T + b.
/// Shapes: x [N, in] or [in], W [out, in], b [out]  ->  y [N, out] or [out].
/// Init: W and b from U(-k, k) with k = 1/sqrt(in), the default of torch.nn.Linear.
/// Throws ConfigError for sizes < 1.
struct Linear : Module {
  Linear(std::int64_t in, std::int64_t out, Generator& rng, bool with_bias = true,
         DType dtype = kFloat32)
      : weight(parameter("weight", initial({check(out, "out"), check(in, "in")}, in, rng, dtype))) {
    if (with_bias) bias = parameter("bias", initial({out}, in, rng, dtype));
  }

  /// Throws ShapeError: "[Linear] x is [32, 100]; expected [N, 784]".
  Variable forward(Operand x) const override {
    const Shape& shape = x.variable.shape();
    const std::int64_t in = weight.dim(1);
    if (shape.rank() < 1 || shape.rank() > 2 || shape.at(-1) != in) {
      throw ShapeError("[Linear] x is " + to_string(shape) + "; expected [N, " +
                       std::to_string(in) + "]");
    }
    const std::source_location line = x.where;
    if (bias.defined() && shape.rank() == 2) {
      return linear(std::move(x), {weight, line}, {bias, line});
    }
    const Variable y = matmul(std::move(x), {transpose({weight, line}), line});
    return bias.defined() ? add({y, line}, {bias, line}) : y;
  }

  Variable weight, bias;  ///< bias is undefined when there is none

 private:
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
