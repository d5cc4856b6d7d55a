#pragma once
#include "autograd/ops/sum_to.h"
#include "autograd/record.h"
#include "tensor/elementwise.h"

namespace gradus::ops {

struct Where {
  static constexpr const char* kName = "where";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor cond;

  Tensor forward(const Tensor& a, const Tensor& b) const { return where(cond, a, b); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// cond ? a : b by element, broadcast; cond is a constant bool. dy flows to where it was taken
/// from. Throws ShapeError, DTypeError.
inline Variable where(Operand cond, Operand a, Operand b) {
  return record(ops::Where{cond.value()}, a, b);
}

/// The condition of rules, for T = Variable.
inline Variable select(Operand cond, Operand a, Operand b) {
  return where(std::move(cond), std::move(a), std::move(b));
}

inline void ops::Where::backward(Gradients& d) const {
  const Variable none = zeros({}, d.dy().dtype(), d.dy().device());
  if (d.needs(0)) d.set(0, sum_to(where(cond.get(), d.dy(), none), d.shape(0)));
  if (d.needs(1)) d.set(1, sum_to(where(cond.get(), none, d.dy()), d.shape(1)));
}

}  // namespace gradus
