#pragma once
#include <string>

#include "nn/module.h"
#include "tensor/elementwise/gelu.h"
#include "tensor/elementwise/gelu_tanh.h"

namespace gradus::nn {

/// y = x P(x), P the probability of a standard normal number below x, as a layer. approximate:
/// "none", or "tanh" for the form with tanh that GPT-2 was trained with.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers. Throws ConfigError:
///   "[GELU] approximate: 'erf'; expected 'none' or 'tanh'"
struct GELU : Module {
  explicit GELU(const std::string& approximate = "none") : by_tanh(approximate == "tanh") {
    if (by_tanh || approximate == "none") return;
    throw ConfigError("[GELU] approximate: '" + approximate + "'; expected 'none' or 'tanh'");
  }
  Variable forward(Operand x) const override {
    return by_tanh ? gelu_tanh(std::move(x)) : gelu(std::move(x));
  }
  std::string extra_repr() const override {
    return by_tanh ? "approximate='tanh'" : "approximate='none'";
  }

  bool by_tanh;
};

}  // namespace gradus::nn
