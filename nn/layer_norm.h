#pragma once
#include <string>

#include "nn/module.h"
#include "tensor/windows.h"

namespace gradus::nn {

/// Options of LayerNorm, with PyTorch's names.
struct LayerNormOptions {
  double eps = 1e-5;               ///< added to the variance, >= 0
  bool elementwise_affine = true;  ///< weight and bias are learned
  bool bias = true;                ///< false: elementwise_affine learns the weight alone
  DType dtype = kFloat32;
};

/// Normalizes each sample over its last axes, y = weight (x - mean) / sqrt(var + eps) + bias, where
/// mean and var (biased) are those of the elements along normalized_shape.
/// Shapes: x [..., D...], weight and bias [D...]  ->  y [..., D...], D... = normalized_shape.
/// `LayerNorm(64)`, `LayerNorm({4, 4}, {.bias = false})`. Init: weight 1, bias 0.
/// Throws ConfigError: "[LayerNorm] normalized_shape: []; expected sizes >= 1", ShapeError:
///   "[LayerNorm] x is [2, 4]; expected [..., 5]"
/// Source: Ba, Kiros, Hinton, "Layer normalization" (2016), arXiv:1607.06450.
struct LayerNorm : Module {
  explicit LayerNorm(const PerAxis& normalized_shape, const LayerNormOptions& options = {});
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight, bias;  ///< undefined when there is none

 private:
  Shape shape_;
  Axes axes_;  // the last ones, counted from the end
  LayerNormOptions options_;
};

}  // namespace gradus::nn
