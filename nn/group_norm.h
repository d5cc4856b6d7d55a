#pragma once
#include <string>

#include "nn/module.h"

namespace gradus::nn {

/// Options of GroupNorm, with PyTorch's names.
struct GroupNormOptions {
  double eps = 1e-5;   ///< added to the variance, >= 0
  bool affine = true;  ///< weight and bias are learned
  bool bias = true;    ///< false: affine learns the weight alone
  DType dtype = kFloat32;
};

/// Normalizes groups of neighbouring channels in each sample, y = weight (x - mean) /
/// sqrt(var + eps) + bias, where mean and var (biased) are those of the elements of a group and
/// weight and bias have one number per channel.
/// Shapes: x [N, C, ...], weight and bias [C]  ->  y like x, C = num_channels.
/// num_groups: a divisor of num_channels. Init: weight 1, bias 0.
/// Throws ConfigError:
///   "[GroupNorm] num_groups: 2; expected a divisor of num_channels 3"
/// ShapeError:
///   "[GroupNorm] x is [2, 4, 8]; expected [N, 6, ...]"
///   "[GroupNorm] x is [1, 2]: 1 value per group; expected more than 1"
/// Source: Wu, He, "Group normalization" (2018), arXiv:1803.08494.
struct GroupNorm : Module {
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels,
            const GroupNormOptions& options = {});
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;

  Parameter weight, bias;  ///< undefined when there is none

 private:
  std::int64_t groups_, channels_;
  GroupNormOptions options_;
};

}  // namespace gradus::nn
