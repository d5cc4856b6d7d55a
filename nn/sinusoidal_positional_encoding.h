#pragma once
#include <cstdint>
#include <string>

#include "nn/module.h"

namespace gradus::nn {

/// The table [length, channels] of the paper: P[t, 2i] = sin(t w_i), P[t, 2i + 1] = cos(t w_i) with
/// w_i = 10000^(-2i / channels). Computed in double and rounded once. Throws ConfigError unless
/// length >= 0 and channels >= 1:
///   "[sinusoidal_positions] length, channels: 4, 0; expected length >= 0, channels >= 1"
Tensor sinusoidal_positions(std::int64_t length, std::int64_t channels, DType dtype = kFloat32);

/// Adds to each vector of a sequence what tells its place: y[..., t, :] = x[..., t, :] + P[t].
/// Nothing is learned and nothing saved; the table is no part of the state_dict.
/// Shapes: x [..., T, channels], T <= max_length  ->  y like x. Throws ConfigError for sizes < 1,
/// ShapeError:
///   "[SinusoidalPositionalEncoding] x is [2, 9, 4]; expected [..., T, 4] with T <= 8, max_length"
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Dive into Deep Learning, 11.6.
/// Differs: no dropout behind it, and the last of an odd number of channels is a sine.
struct SinusoidalPositionalEncoding : Module {
  explicit SinusoidalPositionalEncoding(std::int64_t channels, std::int64_t max_length = 1000,
                                        DType dtype = kFloat32);
  Variable forward(Operand x) const override;
  std::string extra_repr() const override;
  Buffer table;  ///< [max_length, channels]
};

}  // namespace gradus::nn
