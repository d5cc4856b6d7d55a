#pragma once
#include <cmath>
#include <string>

#include "nn/dropout.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"

namespace gradus::nn {

/// Dropout that keeps mean 0 and variance 1, for networks of SELU: while training, y = a x + b,
/// where with probability p x is replaced by alpha' = -scale alpha of SELU, its limit at -inf;
/// a = 1 / sqrt((1 - p) (1 + p alpha'^2)), b = -a p alpha'. In eval it is x itself.
/// Shapes: x [...]  ->  y [...]. p: 0..1; with 1 all is 0. Throws DTypeError, ConfigError:
///   "[AlphaDropout] p: 1.5; expected a probability, 0..1"
/// Source: Klambauer et al. 2017, "Self-normalizing neural networks", arXiv:1706.02515.
struct AlphaDropout : Module {
  explicit AlphaDropout(Generator& rng, double p = 0.5)
      : p(Dropout::check("AlphaDropout", p)), stream(random_stream("stream", rng)) {}

  Variable forward(Operand x) const override {
    if (!training() || p == 0) return std::move(x.variable);
    if (p == 1) return dropout(std::move(x), p, *stream);
    constexpr double kLimit = -1.0507009873554804934193 * 1.6732632423543772848170;
    const double a = 1 / std::sqrt((1 - p) * (1 + p * kLimit * kLimit)), b = -a * p * kLimit;
    const std::source_location line = x.where;
    // 1 where x is kept, else 0.
    const DropoutMask mask = DropoutMask::draw(p, x.value(), *stream);
    const Tensor kept = dropout(ones_like(x.value()), mask) * (1 - p);
    const Tensor shift = kept * (-a * kLimit) + (a * kLimit + b);
    return add({mul(std::move(x), kept * a), line}, shift);
  }
  std::string extra_repr() const override { return "p=" + repr(p) + ", inplace=False"; }

  double p;
  RandomStream stream;
};

}  // namespace gradus::nn
