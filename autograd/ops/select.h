#pragma once
#include "autograd/ops/shapes.h"
#include "autograd/ops/slice.h"

namespace gradus::ops {

struct Select {
  static constexpr const char* kName = "select";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  std::int64_t index;

  Tensor forward(const Tensor& x) const { return x.select(axis, index); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The sub-tensor at one position of an axis, which disappears; a view. Throws IndexError.
inline Variable select(Operand x, int axis, std::int64_t index) {
  return record(ops::Select{axis, index}, x);
}

inline void ops::Select::backward(Gradients& d) const {
  const int at = normalize_axis("select", axis, d.shape(0));
  const std::int64_t i = index < 0 ? index + d.shape(0)[at] : index;
  d.set(0, put_slice(unsqueeze(d.dy(), at), d.shape(0), at, {i, i + 1}));
}

}  // namespace gradus
