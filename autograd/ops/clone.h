#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Clone {
  static constexpr const char* kName = "clone";
  static constexpr bool kReadsInputs = false, kReadsResult = false;

  Tensor forward(const Tensor& x) const { return x.clone(); }
  void backward(Gradients& d) const { d.set(0, d.dy()); }
};

}  // namespace gradus::ops

namespace gradus {

/// A contiguous copy, through which gradients pass.
inline Variable clone(Operand x) { return record(ops::Clone{}, x); }

}  // namespace gradus
