#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Recurrence {
  static constexpr const char* kName = "recurrence";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  int axis;

  Tensor forward(const Tensor& a, const Tensor& b) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The linear recurrence y[i] = a[i] y[i - 1] + b[i] along an axis, y[-1] = 0: what the backwards
/// of cumprod and logcumsumexp need, without a division. With g[i] = dy[i] + a[i + 1] g[i + 1],
/// db = g and da[i] = g[i] y[i - 1]: it is its own backward, from the other end.
/// Shapes: a, b [...] alike, float32 or float64, at least one axis  ->  y [...]. Throws ShapeError.
inline Variable recurrence(Operand a, Operand b, int axis) {
  return record(ops::Recurrence{axis}, a, b);
}

/// From the other end: y[i] = a[i + 1] y[i + 1] + b[i].
Variable recurrence_from_end(Variable a, Variable b, int axis);

}  // namespace gradus
