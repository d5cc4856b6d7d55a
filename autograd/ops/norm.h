#pragma once
#include "autograd/record.h"
#include "tensor/reduce.h"

namespace gradus::ops {

struct Norm {
  static constexpr const char* kName = "norm";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  double p;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return norm(x, p, axes, keepdim); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// y = (sum_i |x_i|^p)^(1/p);  dx_i = sign(x_i) (|x_i| / y)^(p - 1) dy. p = inf, -inf: dy shared in
/// equal parts among the |x_i| that equal y; p = 0: no gradient. Where y is 0 the gradient is 0,
/// and for p < 1 also where x_i is 0, as in PyTorch. Throws IndexError, ConfigError, ShapeError.
inline Variable norm(Operand x, double p = 2, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Norm{p, axes, keepdim}, x);
}

}  // namespace gradus
