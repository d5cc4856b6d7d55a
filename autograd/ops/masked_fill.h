#pragma once
#include "autograd/record.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct MaskedFill {
  static constexpr const char* kName = "masked_fill";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor mask;
  double value;

  Tensor forward(const Tensor& x) const { return masked_fill(x, mask, value); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// x with `value` where mask is true; no gradient flows there, not even NaN. mask: bool, broadcast
/// to the shape of x. Throws DTypeError, ShapeError.
inline Variable masked_fill(Operand x, const Tensor& mask, double value) {
  return record(ops::MaskedFill{mask, value}, x);
}

inline void ops::MaskedFill::backward(Gradients& d) const {
  d.set(0, masked_fill(d.dy(), mask, 0));
}

}  // namespace gradus
