#pragma once
#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"
#include "autograd/record.h"
#include "tensor/elementwise/div.h"
#include "tensor/reduce.h"

namespace gradus {

/// dy of a reduction, repeated along the reduced axes to the shape of x.
inline Variable spread(const Variable& dy, const Axes& axes, const Shape& x) {
  const unsigned mask = axes_mask("sum", axes, x);
  return expand(reshape(dy, reduced_shape(x, mask, true)), x);
}

}  // namespace gradus

namespace gradus::ops {

/// Sum over axes (none given: all). y = sum_i x_i;  dx_i = dy.
/// Shapes: x [...]  ->  x without the axes, or with size 1 there. Throws IndexError, ConfigError.
struct Sum {
  static constexpr const char* kName = "sum";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return sum(x, axes, keepdim); }
  void backward(Gradients& d) const { d.set(0, spread(d.dy(), axes, d.shape(0))); }
};

/// Mean over axes, n elements each. y = 1/n sum_i x_i;  dx_i = dy / n.
struct Mean {
  static constexpr const char* kName = "mean";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return mean(x, axes, keepdim); }
  void backward(Gradients& d) const {
    const std::int64_t n = d.shape(0) == d.dy().shape() ? 1 : numel(d.shape(0)) / d.dy().numel();
    d.set(0, spread(d.dy() / n, axes, d.shape(0)));
  }
};

}  // namespace gradus::ops

namespace gradus {

inline Variable sum(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Sum{axes, keepdim}, x);
}
inline Variable mean(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Mean{axes, keepdim}, x);
}

}  // namespace gradus
