#pragma once
#include "autograd/ops/reshape.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "autograd/record.h"
#include "tensor/matmul.h"

namespace gradus::ops {

struct Matmul {
  static constexpr const char* kName = "matmul";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  Tensor forward(const Tensor& a, const Tensor& b) const { return matmul(a, b); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Matrix product y = a b;  da = dy b^T,  db = a^T dy, summed over the matrices of a batch that
/// share an operand.
/// Shapes: a [..., n, k], b [..., k, m]  ->  y [..., n, m]; a [k] is a row and b [k] a column, see
/// tensor/matmul.h. Throws ShapeError, DTypeError.
inline Variable matmul(Operand a, Operand b) { return record(ops::Matmul{}, a, b); }

inline void ops::Matmul::backward(Gradients& d) const {
  // Vectors are treated as the matrices they stand for.
  Shape a = d.shape(0), b = d.shape(1), y = d.dy().shape();
  if (b.rank() == 1) {
    b.push_back(1);
    y.push_back(1);
  }
  if (a.rank() == 1) {
    a.insert(0, 1);
    y.insert(y.rank() - 1, 1);
  }
  const auto as = [](Variable x, const Shape& shape) {
    return x.shape() == shape ? x : reshape(std::move(x), shape);
  };
  const auto set = [&](int i, const Variable& gradient, const Shape& shape) {
    d.set(i, as(gradient.shape() == shape ? gradient : sum_to(gradient, shape), d.shape(i)));
  };
  const Variable dy = as(d.dy(), y);
  if (d.needs(0)) set(0, matmul(dy, transpose(as(d.x(1), b))), a);
  if (d.needs(1)) set(1, matmul(transpose(as(d.x(0), a)), dy), b);
}

}  // namespace gradus
