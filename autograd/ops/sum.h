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

struct Sum {
  static constexpr const char* kName = "sum";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return sum(x, axes, keepdim); }
  void backward(Gradients& d) const { d.set(0, spread(d.dy(), axes, d.shape(0))); }
};

struct Mean {
  static constexpr const char* kName = "mean";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return mean(x, axes, keepdim); }
  void backward(Gradients& d) const {
    const Shape& x = d.shape(0);
    const unsigned mask = axes_mask("mean", axes, x);
    std::int64_t n = 1;
    for (int i = 0; i < x.rank(); ++i) n *= mask >> i & 1 ? x[i] : 1;
    d.set(0, spread(d.dy() / n, axes, x));
  }
};

}  // namespace gradus::ops

namespace gradus {

/// Sum over axes (none given: all). y = sum_i x_i;  dx_i = dy.
/// Shapes: x [...]  ->  x without the axes, or with size 1 there. Throws IndexError, ConfigError.
inline Variable sum(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Sum{axes, keepdim}, x);
}

/// Mean over axes, n elements each. y = 1/n sum_i x_i;  dx_i = dy / n.
inline Variable mean(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Mean{axes, keepdim}, x);
}

}  // namespace gradus
