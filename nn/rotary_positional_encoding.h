#pragma once
#include <string>

#include "autograd/ops/rotary.h"
#include "nn/module.h"
#include "nn/repr.h"

namespace gradus::nn {

/// rotary() as a layer, for queries and keys: turns pairs of elements by their place, see
/// autograd/ops/rotary.h. Nothing is learned. Shapes: x [..., T, D], D even  ->  y like x.
/// Throws ShapeError: "[rotary] x is [4, 3]; expected [..., T, D] with an even D", ConfigError.
struct RotaryPositionalEncoding : Module {
  explicit RotaryPositionalEncoding(const RotaryOptions& options = {}) : options(options) {}
  Variable forward(Operand x) const override { return rotary(std::move(x), options); }
  std::string extra_repr() const override {
    return "base=" + repr(options.base) + ", interleaved=" + repr(options.interleaved);
  }
  RotaryOptions options;
};

}  // namespace gradus::nn
