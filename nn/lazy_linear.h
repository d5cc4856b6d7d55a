#pragma once
#include <string>

#include "nn/linear.h"

namespace gradus::nn {

/// A Linear whose input size is that of the first input. Its parameters appear then, once, with
/// initial values from a stream of random numbers of its own; from then on it is a Linear of these
/// sizes and says so when other ones come. Before, parameters(), state_dict() and what is made of
/// them, optimizers too, are a ConfigError, so that nothing is initialised that is then forgotten:
///   "[parameters] 0.weight: has no shape yet; expected one; run one batch through the module
///   first, its input decides"
/// Throws ConfigError for sizes < 1.
/// Differs: PyTorch hands out placeholders; what is done to them before the first input, such as an
/// initialisation by hand, is lost without a word.
struct LazyLinear : Linear {
  LazyLinear(std::int64_t out, Generator& rng, bool with_bias = true, DType dtype = kFloat32)
      : Linear(with_bias, dtype), out_(check(out, "out")), rng_(random_stream("initial", rng)) {}

  /// Throws DTypeError, ShapeError; then it has no sizes yet:
  ///   "[LazyLinear] x is []; expected [..., in] with in >= 1"
  Variable forward(Operand x) const override {
    if (!has_elements(weight)) take_sizes_from(x.value());
    return Linear::forward(std::move(x));
  }

  std::string extra_repr() const override {
    if (has_elements(weight)) return Linear::extra_repr();
    return "in_features=0, out_features=" + std::to_string(out_) +
           ", bias=" + (bias.defined() ? "True" : "False");
  }

 private:
  void take_sizes_from(const Tensor& x) const {
    check_defined("LazyLinear", "x", x);
    if (x.rank() < 1 || x.dim(-1) < 1) {
      throw ShapeError("[LazyLinear] x is " + to_string(x.shape()) +
                       "; expected [..., in] with in >= 1");
    }
    if (!is_floating(x.dtype())) {
      throw DTypeError("[LazyLinear] x: " + std::string(name(x.dtype())) +
                       "; expected a floating dtype");
    }
    const std::int64_t in = x.dim(-1);
    const DType dtype = weight.dtype();
    fill_lazy(weight, initial({out_, in}, in, *rng_, dtype));
    if (bias.defined()) fill_lazy(bias, initial({out_}, in, *rng_, dtype));
  }

  std::int64_t out_;
  RandomStream rng_;
};

}  // namespace gradus::nn
