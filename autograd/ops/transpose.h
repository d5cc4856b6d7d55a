#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Transpose {
  static constexpr const char* kName = "transpose";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis0, axis1;

  Tensor forward(const Tensor& x) const { return x.transpose(axis0, axis1); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Swaps two axes, by default the last two. Shapes: x [..., n, m]  ->  y [..., m, n], a view.
/// Throws IndexError.
inline Variable transpose(Operand x, int axis0 = -2, int axis1 = -1) {
  return record(ops::Transpose{axis0, axis1}, x);
}

inline void ops::Transpose::backward(Gradients& d) const {
  d.set(0, transpose(d.dy(), axis0, axis1));
}

}  // namespace gradus
