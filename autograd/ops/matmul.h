#pragma once
#include "autograd/ops/reshape.h"
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

/// Matrix product y = a b;  da = dy b^T,  db = a^T dy.
/// Shapes: a [n, k], b [k, m]  ->  y [n, m]; a [k] is a row and b [k] a column, see
/// tensor/matmul.h. Throws ShapeError, DTypeError.
inline Variable matmul(Operand a, Operand b) { return record(ops::Matmul{}, a, b); }

inline void ops::Matmul::backward(Gradients& d) const {
  // Vectors are treated as the matrices they stand for.
  const std::int64_t n = d.shape(0).rank() == 2 ? d.shape(0)[0] : 1, k = d.shape(0).at(-1);
  const std::int64_t m = d.shape(1).rank() == 2 ? d.shape(1)[1] : 1;
  const auto as = [](Variable x, const Shape& shape) {
    return x.shape() == shape ? x : reshape(std::move(x), shape);
  };
  const Variable dy = as(d.dy(), {n, m});
  if (d.needs(0)) d.set(0, as(matmul(dy, transpose(as(d.x(1), {k, m}))), d.shape(0)));
  if (d.needs(1)) d.set(1, as(matmul(transpose(as(d.x(0), {n, k})), dy), d.shape(1)));
}

}  // namespace gradus
