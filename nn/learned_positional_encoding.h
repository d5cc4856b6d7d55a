#pragma once
#include <cstdint>
#include <string>

#include "nn/module.h"
#include "tensor/random.h"

namespace gradus::nn {

/// Adds a learned vector for each place: y[..., t, :] = x[..., t, :] + weight[t].
/// Shapes: x [..., T, channels], T <= max_length; weight [max_length, channels]  ->  y like x.
/// Init: N(0, 0.02^2), as in GPT-2 and BERT. Throws ConfigError for sizes < 1, ShapeError:
///   "[LearnedPositionalEncoding] x is [2, 9, 4]; expected [..., T, 4] with T <= 8, max_length"
/// Source: Gehring et al. 2017, arXiv:1705.03122; Radford et al. 2019.
struct LearnedPositionalEncoding : Module {
  LearnedPositionalEncoding(std::int64_t max_length, std::int64_t channels, Generator& rng,
                            DType dtype = kFloat32);
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;
  Parameter weight;
};

}  // namespace gradus::nn
