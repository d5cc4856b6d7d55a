#pragma once
#include <string>

#include "autograd/ops/matmul.h"
#include "autograd/ops/sum_to.h"
#include "tensor/elementwise/add.h"

namespace gradus::ops {

struct Linear {
  static constexpr const char* kName = "linear";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b) const {
    if (x.rank() != 2 || w.rank() != 2 || b.rank() != 1 || x.dim(1) != w.dim(1) ||
        w.dim(0) != b.dim(0)) {
      throw ShapeError("[linear] x is " + to_string(x.shape()) + ", w is " + to_string(w.shape()) +
                       " and b is " + to_string(b.shape()) +
                       "; expected x [N, in], w [out, in], b [out]");
    }
    return matmul(x, w.transpose()) + b;
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Affine map y = x w^T + b in one recorded step;  dx = dy w,  dw = dy^T x,  db = sum over rows dy.
/// Shapes: x [N, in], w [out, in], b [out]  ->  y [N, out]. Throws ShapeError, DTypeError.
inline Variable linear(Operand x, Operand w, Operand b) { return record(ops::Linear{}, x, w, b); }

inline void ops::Linear::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, matmul(d.dy(), d.x(1)));
  if (d.needs(1)) d.set(1, matmul(transpose(d.dy()), d.x(0)));
  if (d.needs(2)) d.set(2, sum_to(d.dy(), d.shape(2)));
}

}  // namespace gradus
