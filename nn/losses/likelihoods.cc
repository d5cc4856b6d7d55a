// Negative log likelihoods of numbers.
#include <cmath>
#include <numbers>

#include "autograd/ops/masked_fill.h"
#include "autograd/ops/shapes.h"
#include "nn/losses/gaussian_nll.h"
#include "nn/losses/poisson_nll.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/clamp_min.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/greater_equal.h"
#include "tensor/elementwise/less_equal.h"
#include "tensor/elementwise/log.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"

namespace gradus::nn {

Variable poisson_nll_loss(Operand input, Operand target, const PoissonNLLOptions& options) {
  const LossStep loss("poisson_nll_loss", {{"input", input}, {"target", target}});
  Variable losses =
      options.log_input ? exp(input) - target * input : input - target * log(input + options.eps);
  if (options.full) {
    const Tensor small = less_equal(target.value(), 1);
    const Variable t = masked_fill(target, small, 1);  // 0 log 0 has no gradient
    const Variable stirling = t * log(t) - t + 0.5 * log(2 * std::numbers::pi * t);
    losses = losses + masked_fill(stirling, small, 0);
  }
  return loss.reduce(losses, options.reduction);
}

Variable gaussian_nll_loss(Operand input, Operand target, Operand var,
                           const GaussianNLLOptions& options) {
  const LossStep loss("gaussian_nll_loss", {{"input", input}, {"target", target}, {"var", var}}, 2);
  if (!(options.eps > 0)) {
    throw ConfigError("[gaussian_nll_loss] eps: " + to_text(options.eps) +
                      "; expected a number > 0");
  }
  const Shape& shape = input.variable.shape();
  Shape without_last = shape;
  if (shape.rank() > 0) without_last.erase(shape.rank() - 1);
  Variable v = var.variable;
  if (v.shape() != shape && shape.rank() > 0 && v.shape() == without_last) v = unsqueeze(v, -1);
  int differ = 0;
  bool fits = v.rank() == shape.rank();
  for (int i = 0; fits && i < shape.rank(); ++i) {
    if (v.shape()[i] == shape[i]) continue;
    fits = v.shape()[i] == 1 && ++differ == 1;
  }
  if (!fits) {
    throw ShapeError("[gaussian_nll_loss] input is " + to_string(shape) + " and var is " +
                     to_string(var.variable.shape()) +
                     "; expected equal shapes, or var with size 1 in one axis or without the last");
  }
  loss.expect("var", var.value(), greater_equal(var.value(), 0), "numbers >= 0");
  // Raised by a constant, so that the gradient goes on below eps.
  v = v + (clamp_min(v.value(), options.eps) - v.value());
  Variable losses = 0.5 * (log(v) + square(input - target) / v);
  if (options.full) losses = losses + 0.5 * std::log(2 * std::numbers::pi);
  return loss.reduce(losses, options.reduction);
}

}  // namespace gradus::nn
