#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Reshape {
  static constexpr const char* kName = "reshape";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  Shape shape;

  Tensor forward(const Tensor& x) const { return x.reshape(shape); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The same elements in another shape, see Tensor::reshape. Throws ShapeError.
inline Variable reshape(Operand x, const Shape& shape) { return record(ops::Reshape{shape}, x); }

inline void ops::Reshape::backward(Gradients& d) const { d.set(0, reshape(d.dy(), d.shape(0))); }

}  // namespace gradus
