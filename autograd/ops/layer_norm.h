#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct LayerNorm {
  static constexpr const char* kName = "layer_norm";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  double eps;

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps) over the last axes, as many as weight
/// has, and var = sum (x - mean)^2 / n;  dz = weight dy,
/// dx = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps), dweight = sum dy z, dbias = sum dy.
/// Shapes: x [..., D...], weight and bias [D...]  ->  y [..., D...]. Throws ShapeError.
/// Source: Ba, Kiros, Hinton, "Layer normalization" (2016), arXiv:1607.06450, eq. 4.
inline Variable layer_norm(Operand x, Operand weight, Operand bias, double eps = 1e-5) {
  return record(ops::LayerNorm{eps}, x, weight, bias);
}

}  // namespace gradus
