#pragma once
#include <string>

#include "nn/module.h"
#include "nn/repr.h"
#include "tensor/elementwise/hardshrink.h"

namespace gradus::nn {

/// y = x for |x| > lambd, else 0, as a layer.
/// Shapes: x [...]  ->  y [...], float32 of whole numbers.
struct Hardshrink : Module {
  explicit Hardshrink(double lambd = 0.5) : rule{.lambd = lambd} {}
  Variable forward(Operand x) const override { return hardshrink(std::move(x), rule); }
  std::string extra_repr() const override { return repr(rule.lambd); }

  ops::Hardshrink rule;
};

}  // namespace gradus::nn
