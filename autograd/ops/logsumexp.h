#pragma once
#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct Logsumexp {
  static constexpr const char* kName = "logsumexp";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return logsumexp(x, axes, keepdim); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = log sum_i exp(x_i);  dx_i = exp(x_i - y) dy. Throws IndexError, ConfigError.
inline Variable logsumexp(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Logsumexp{axes, keepdim}, x);
}

}  // namespace gradus
