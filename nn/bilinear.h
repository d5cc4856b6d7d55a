#pragma once
#include <string>

#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

/// y_k = sum_ij x1_i W_kij x2_j + b_k.
/// Shapes: x1 [..., in1], x2 [..., in2], W [out, in1, in2], b [out]  ->  y [..., out].
/// Init: W and b from U(-k, k) with k = 1/sqrt(in1), the default of torch.nn.Bilinear.
/// Throws ConfigError for sizes < 1:
///   "[Bilinear] in1_features: 0; expected >= 1"
struct Bilinear : Module {
  using Module::forward;
  Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
           Generator& rng, bool with_bias = true, DType dtype = kFloat32);

  /// Throws DTypeError, ShapeError:
  ///   "[Bilinear] x1 is [4, 3] and x2 is [4, 5]; expected [..., 3] and [..., 2], the rest equal"
  Variable forward(Operand x1, Operand x2) const;
  std::string extra_repr() const override;

  Parameter weight, bias;  ///< bias is undefined when there is none
};

}  // namespace gradus::nn
