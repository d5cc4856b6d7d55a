#include <cmath>

#include "autograd/ops/slice.h"
#include "nn/learned_positional_encoding.h"
#include "nn/sinusoidal_positional_encoding.h"
#include "tensor/elementwise/add.h"

namespace gradus::nn {
namespace {

using gradus::to_string;
using std::to_string;

Shape checked(const char* layer, std::int64_t max_length, std::int64_t channels) {
  if (max_length >= 1 && channels >= 1) return {max_length, channels};
  throw ConfigError("[" + std::string(layer) + "] max_length, channels: " + to_string(max_length) +
                    ", " + to_string(channels) + "; expected >= 1");
}

// x + the first rows of a table.
Variable add_rows(const char* layer, const Operand& x, const Variable& table) {
  check_defined(layer, "x", x.value());
  const Shape& shape = x.variable.shape();
  const std::int64_t most = table.dim(0), channels = table.dim(1);
  if (shape.rank() < 2 || shape.at(-1) != channels || shape.at(-2) > most) {
    throw ShapeError("[" + std::string(layer) + "] x is " + to_string(shape) +
                     "; expected [..., T, " + to_string(channels) +
                     "] with T <= " + to_string(most) + ", max_length");
  }
  return add(x, Operand(slice({table, x.where}, 0, {0, shape.at(-2)}), x.where));
}

std::string sizes(const Variable& table) {
  return to_string(table.dim(0)) + ", " + to_string(table.dim(1));
}

}  // namespace

Tensor sinusoidal_positions(std::int64_t length, std::int64_t channels, DType dtype) {
  if (length < 0 || channels < 1) {
    throw ConfigError("[sinusoidal_positions] length, channels: " + to_string(length) + ", " +
                      to_string(channels) + "; expected length >= 0, channels >= 1");
  }
  const Tensor table = Tensor::empty({length, channels}, kFloat64);
  double* to = table.data<double>();
  for (std::int64_t c = 0; c < channels; ++c) {
    const double w = std::pow(10000.0, -static_cast<double>(c / 2 * 2) / channels);
    for (std::int64_t t = 0; t < length; ++t) {
      const double angle = static_cast<double>(t) * w;
      to[t * channels + c] = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
    }
  }
  return table.to(dtype);
}

SinusoidalPositionalEncoding::SinusoidalPositionalEncoding(std::int64_t channels,
                                                           std::int64_t max_length, DType dtype) {
  checked("SinusoidalPositionalEncoding", max_length, channels);
  table = buffer("table", sinusoidal_positions(max_length, channels, dtype), false);
}
Variable SinusoidalPositionalEncoding::forward(Operand x) const {
  return add_rows("SinusoidalPositionalEncoding", x, table);
}
std::string SinusoidalPositionalEncoding::extra_repr() const { return sizes(table); }

LearnedPositionalEncoding::LearnedPositionalEncoding(std::int64_t max_length, std::int64_t channels,
                                                     Generator& rng, DType dtype)
    : weight(parameter("weight", normal(checked("LearnedPositionalEncoding", max_length, channels),
                                        0, 0.02, rng, dtype))) {}
Variable LearnedPositionalEncoding::forward(Operand x) const {
  return add_rows("LearnedPositionalEncoding", x, weight);
}
std::string LearnedPositionalEncoding::extra_repr() const { return sizes(weight); }

}  // namespace gradus::nn
