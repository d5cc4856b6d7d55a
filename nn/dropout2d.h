#pragma once
#include <string>

#include "nn/dropout1d.h"

namespace gradus::nn {

/// While training, whole channels are 0 with probability p, and the others are divided by 1 - p; in
/// eval it is x itself. Shapes: x [N, C, H, W] or [C, H, W]  ->  y as x. p: 0..1. Throws
/// DTypeError, ConfigError, ShapeError:
///   "[Dropout2d] x is [4]; expected [N, C, H, W] or [C, H, W]"
/// Source: Tompson et al. 2014, arXiv:1411.4280.
/// Differs: PyTorch takes [N, C, L] for a batch, with a warning; here three axes are one image.
struct Dropout2d : Module {
  explicit Dropout2d(Generator& rng, double p = 0.5)
      : p(Dropout::check("Dropout2d", p)), stream(random_stream("stream", rng)) {}

  Variable forward(Operand x) const override {
    const Shape& shape = x.value().shape();
    if (shape.rank() != 3 && shape.rank() != 4) {
      throw ShapeError("[Dropout2d] x is " + to_string(shape) +
                       "; expected [N, C, H, W] or [C, H, W]");
    }
    return training() ? Dropout1d::drop_channels(std::move(x), 2, p, *stream)
                      : std::move(x.variable);
  }
  std::string extra_repr() const override { return "p=" + repr(p) + ", inplace=False"; }

  double p;
  RandomStream stream;
};

}  // namespace gradus::nn
