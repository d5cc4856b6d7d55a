#pragma once
#include <string>

#include "autograd/ops/matmul.h"
#include "autograd/ops/sum_to.h"
#include "tensor/elementwise/add.h"

namespace gradus::ops {

struct Linear {
  static constexpr const char* kName = "linear";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& x, const Tensor& w) const {
    check(x, w, nullptr);
    return product(x, w);
  }
  Tensor forward(const Tensor& x, const Tensor& w, const Tensor& b) const {
    check(x, w, &b);
    return product(x, w) + b;
  }
  void backward(Gradients& d) const;

  /// [..., n] as the matrix [rows, n].
  static Shape rows(Shape shape) {
    Shape matrix{1, shape.at(-1)};
    for (int i = 0; i < shape.rank() - 1; ++i) matrix[0] *= shape[i];
    return matrix;
  }

 private:
  static void check(const Tensor& x, const Tensor& w, const Tensor* b) {
    if (x.rank() >= 1 && w.rank() == 2 && x.dim(-1) == w.dim(1) &&
        (b == nullptr || (b->rank() == 1 && b->dim(0) == w.dim(0)))) {
      return;
    }
    throw ShapeError("[linear] x is " + to_string(x.shape()) + (b == nullptr ? " and" : ",") +
                     " w is " + to_string(w.shape()) +
                     (b == nullptr ? "; expected x [..., in], w [out, in]"
                                   : " and b is " + to_string(b->shape()) +
                                         "; expected x [..., in], w [out, in], b [out]"));
  }
  // One matrix product for all rows of a batch.
  static Tensor product(const Tensor& x, const Tensor& w) {
    if (x.rank() == 2) return matmul(x, w.transpose());
    Shape y = x.shape();
    y[y.rank() - 1] = w.dim(0);
    return matmul(x.reshape(rows(x.shape())), w.transpose()).reshape(y);
  }
};

}  // namespace gradus::ops

namespace gradus {

/// Affine map y = x w^T + b in one recorded step;  dx = dy w,  dw = dy^T x,  db = sum over rows dy.
/// Shapes: x [..., in], w [out, in], b [out]  ->  y [..., out]. Throws ShapeError, DTypeError:
///   "[linear] x is [2, 3], w is [5, 4] and b is [5]; expected x [..., in], w [out, in], b [out]"
inline Variable linear(Operand x, Operand w, Operand b) { return record(ops::Linear{}, x, w, b); }

/// Without the shift b.
inline Variable linear(Operand x, Operand w) { return record(ops::Linear{}, x, w); }

inline void ops::Linear::backward(Gradients& d) const {
  const auto matrix = [](const Variable& x) {
    return x.rank() == 2 ? x : reshape(x, rows(x.shape()));
  };
  const Variable dy = matrix(d.dy());
  if (d.needs(0)) {
    const Variable dx = matmul(dy, d.x(1));
    d.set(0, dx.shape() == d.shape(0) ? dx : reshape(dx, d.shape(0)));
  }
  if (d.needs(1)) d.set(1, matmul(transpose(dy), matrix(d.x(0))));
  if (d.inputs() == 3 && d.needs(2)) d.set(2, sum_to(dy, d.shape(2)));
}

}  // namespace gradus
