#pragma once
#include <optional>
#include <string>

#include "nn/module.h"
#include "tensor/windows.h"

namespace gradus::nn {

/// Options of RMSNorm, with PyTorch's names.
struct RMSNormOptions {
  /// Added to the mean square, >= 0; none: the distance from 1 to the next number of x's dtype.
  std::optional<double> eps = std::nullopt;
  bool elementwise_affine = true;  ///< a weight is learned
  DType dtype = kFloat32;
};

/// Divides each sample by the root of the mean square along its last axes,
/// y = weight x / sqrt(mean(x^2) + eps).
/// Shapes: x [..., D...], weight [D...]  ->  y [..., D...], D... = normalized_shape.
/// Init: weight 1. Throws ConfigError: "[RMSNorm] normalized_shape: []; expected sizes >= 1",
/// ShapeError: "[RMSNorm] x is [2, 4]; expected [..., 5]"
/// Source: Zhang, Sennrich, "Root mean square layer normalization" (2019), arXiv:1910.07467, eq. 4.
/// Differs: eps, as in PyTorch.
struct RMSNorm : Module {
  explicit RMSNorm(const PerAxis& normalized_shape, const RMSNormOptions& options = {});
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight;  ///< undefined when there is none

 private:
  Shape shape_;
  Axes axes_;
  RMSNormOptions options_;
};

}  // namespace gradus::nn
