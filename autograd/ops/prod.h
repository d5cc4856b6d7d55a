#pragma once
#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct Prod {
  static constexpr const char* kName = "prod";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return prod(x, axes, keepdim); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Product over axes (none given: all). dx_i = dy times the product of the others, taken from the
/// products of what comes before and after: no division, so zeros are like other numbers.
/// Throws IndexError, ConfigError.
inline Variable prod(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Prod{axes, keepdim}, x);
}

}  // namespace gradus
