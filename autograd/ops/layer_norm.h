#pragma once
#include "autograd/record.h"
#include "tensor/layer_norm.h"

namespace gradus::ops {

struct LayerNorm {
  static constexpr const char* kName = "layer_norm";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Axes axes;
  double eps;
  bool has_weight, has_bias;  // which inputs there are behind x

  Tensor forward(const Tensor& x) const { return layer_norm(x, axes, {}, {}, eps); }
  Tensor forward(const Tensor& x, const Tensor& one) const {
    return layer_norm(x, axes, has_weight ? one : Tensor(), has_bias ? one : Tensor(), eps);
  }
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    return layer_norm(x, axes, weight, bias, eps);
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps) over the named axes, see
/// tensor/layer_norm.h;  dx = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps) with dz = weight dy,
/// dweight = sum dy z, dbias = sum dy. With create_graph the same is recorded step by step.
/// Shapes: x [..., D...], weight and bias [D...] or undefined  ->  y [..., D...].
/// Throws IndexError, ConfigError, DTypeError, ShapeError.
Variable layer_norm(Operand x, const Axes& axes, Operand weight = Variable(),
                    Operand bias = Variable(), double eps = 1e-5);

}  // namespace gradus
