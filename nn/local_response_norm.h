#pragma once
#include <string>

#include "nn/module.h"

namespace gradus::nn {

/// Options of LocalResponseNorm, with PyTorch's names.
struct LocalResponseNormOptions {
  double alpha = 1e-4, beta = 0.75, k = 1;
};

/// Divides each element by what its neighbours in other channels amount to, y = x / (k + alpha a)^
/// beta, where a is the mean of x^2 over `size` channels around it, zeros beyond the first and
/// last. Shapes: x [N, C, ...]  ->  y like x. size: >= 1. Throws ConfigError:
///   "[LocalResponseNorm] size: 0; expected >= 1"
/// ShapeError:
///   "[LocalResponseNorm] x is [4, 3]; expected [N, C, L], or more axes"
/// Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
/// networks" (2012), section 3.3. Differs: a mean in place of the paper's sum, as in PyTorch.
struct LocalResponseNorm : Module {
  explicit LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options = {});
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

 private:
  std::int64_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace gradus::nn
