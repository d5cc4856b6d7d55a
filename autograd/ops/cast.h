#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct Cast {
  static constexpr const char* kName = "cast";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  DType dtype;

  Tensor forward(const Tensor& x) const { return x.to(dtype); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Conversion to another dtype. Shapes: x [...]  ->  y [...]. The gradient is converted back.
inline Variable cast(Operand x, DType dtype) { return record(ops::Cast{dtype}, x); }

/// The same where x has another dtype; else x itself. For operations that compute half types in
/// float32 and round once.
inline Variable in_dtype(const Variable& x, DType dtype) {
  return x.dtype() == dtype ? x : cast(x, dtype);
}

inline void ops::Cast::backward(Gradients& d) const { d.set(0, cast(d.dy(), d.dtype(0))); }

}  // namespace gradus
