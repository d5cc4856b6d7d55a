#pragma once
#include "autograd/ops/sum.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"

namespace gradus {

/// dy shared in equal parts among the elements of x that equal the result, as in PyTorch's amax.
inline Variable share_among_equal(const Gradients& d, const Axes& axes) {
  const Tensor x = d.x(0).value(), y = spread(d.y().detach(), axes, x.shape()).value();
  const Tensor chosen = equal(x, y).to(x.dtype());
  return spread(d.dy(), axes, x.shape()) * (chosen / sum(chosen, axes, true));
}

}  // namespace gradus

namespace gradus::ops {

struct Max {
  static constexpr const char* kName = "max";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return max(x, axes, keepdim); }
  void backward(Gradients& d) const { d.set(0, share_among_equal(d, axes)); }
};

struct Min {
  static constexpr const char* kName = "min";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return min(x, axes, keepdim); }
  void backward(Gradients& d) const { d.set(0, share_among_equal(d, axes)); }
};

}  // namespace gradus::ops

namespace gradus {

/// Largest element over axes. At a tie the gradient is shared in equal parts.
/// Throws ShapeError when there are no elements.
inline Variable max(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Max{axes, keepdim}, x);
}

/// Smallest element over axes; otherwise as Max.
inline Variable min(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Min{axes, keepdim}, x);
}

}  // namespace gradus
