#pragma once
#include <string>

#include "nn/dropout.h"
#include "tensor/elementwise/mul.h"

namespace gradus::nn {

/// While training, whole channels are 0 with probability p, and the others are divided by 1 - p; in
/// eval it is x itself. Shapes: x [N, C, L] or [C, L]  ->  y as x. p: 0..1. Throws DTypeError,
/// ConfigError, ShapeError:
///   "[Dropout1d] x is [4]; expected [N, C, L] or [C, L]"
/// Source: Tompson et al. 2014, "Efficient object localization using convolutional networks",
/// arXiv:1411.4280.
struct Dropout1d : Module {
  explicit Dropout1d(Generator& rng, double p = 0.5)
      : p(Dropout::check("Dropout1d", p)), stream(random_stream("stream", rng)) {}

  Variable forward(Operand x) const override {
    const Shape& shape = x.value().shape();
    if (shape.rank() != 2 && shape.rank() != 3) {
      throw ShapeError("[Dropout1d] x is " + to_string(shape) + "; expected [N, C, L] or [C, L]");
    }
    return training() ? drop_channels(std::move(x), 1, p, *stream) : std::move(x.variable);
  }
  std::string extra_repr() const override { return "p=" + repr(p) + ", inplace=False"; }

  /// The last `inside` axes of x are what a channel has; they are dropped together.
  static Variable drop_channels(Operand x, int inside, double p, Generator& generator) {
    Shape channels = x.value().shape();
    for (int i = channels.rank() - inside; i < channels.rank(); ++i) channels[i] = 1;
    const Tensor one = ones(channels, x.value().dtype(), x.value().device());
    return p == 0 ? std::move(x.variable) : mul(std::move(x), dropout(one, p, generator).value());
  }

  double p;
  RandomStream stream;
};

}  // namespace gradus::nn
