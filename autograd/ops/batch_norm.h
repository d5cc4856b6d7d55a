#pragma once
#include "autograd/record.h"
#include "tensor/batch_norm.h"

namespace gradus::ops {

struct BatchNorm {
  static constexpr const char* kName = "batch_norm";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  SavedTensor mean, var;
  double eps = 0;
  bool has_weight = false, has_bias = false;  // which inputs there are behind x

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// What batch_norm gives: y, and the mean and the variance of each channel, float64 [C], which are
/// not differentiated.
struct BatchNormed {
  Variable y;
  Tensor mean, var;
};

/// y = weight z + bias with z = (x - mean) / sqrt(var + eps) in each channel of x [N, C, ...], see
/// tensor/batch_norm.h;  dx = (dz - mean(dz) - z mean(dz z)) / sqrt(var + eps) with dz = weight dy,
/// dweight = sum dy z, dbias = sum dy. With create_graph the same is recorded step by step.
/// Shapes: x [N, C, ...], weight and bias [C] or undefined  ->  y [N, C, ...].
/// Throws ConfigError, DTypeError, ShapeError.
BatchNormed batch_norm(Operand x, Operand weight = Variable(), Operand bias = Variable(),
                       double eps = 1e-5);

}  // namespace gradus
