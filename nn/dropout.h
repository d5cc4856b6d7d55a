#pragma once
#include <string>

#include "autograd/ops/dropout.h"
#include "nn/module.h"
#include "nn/repr.h"

namespace gradus::nn {

/// While training, each element is 0 with probability p and else divided by 1 - p; in eval it is x
/// itself. The zeros come from a stream of random numbers of the layer's own: they depend on the
/// seed and on how much it has drawn, not on threads or on what else draws.
/// Shapes: x [...]  ->  y [...]. p: 0..1. Throws DTypeError, ConfigError:
///   "[Dropout] p: 1.5; expected a probability, 0..1"
/// Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
/// overfitting", JMLR 15.
struct Dropout : Module {
  explicit Dropout(Generator& rng, double p = 0.5)
      : p(check("Dropout", p)), stream(random_stream("stream", rng)) {}

  Variable forward(Operand x) const override {
    return training() ? dropout(std::move(x), p, *stream) : std::move(x.variable);
  }
  std::string extra_repr() const override { return "p=" + repr(p) + ", inplace=False"; }

  /// For layers that drop.
  static double check(const char* layer, double p) {
    if (p >= 0 && p <= 1) return p;
    throw ConfigError("[" + std::string(layer) + "] p: " + to_text(p) +
                      "; expected a probability, 0..1");
  }

  double p;
  RandomStream stream;
};

}  // namespace gradus::nn
