#pragma once
#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct Repeat {
  static constexpr const char* kName = "repeat";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Dims repeats;

  Tensor forward(const Tensor& x) const { return repeat(x, repeats); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Repeats the whole of x repeats[i] times along axis i; missing leading axes have size 1. The
/// gradient is the sum over the copies. Throws ShapeError.
inline Variable repeat(Operand x, const Dims& repeats) { return record(ops::Repeat{repeats}, x); }

}  // namespace gradus
