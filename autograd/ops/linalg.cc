#include "autograd/ops/linalg.h"

#include "autograd/ops/decompositions.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/prod.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/neg.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

// Whether b stands for vectors, as linalg::solve tells.
bool is_vector(const Shape& a, const Shape& b) {
  if (b.rank() == 1) return true;
  Shape vectors = a;
  vectors.erase(a.rank() - 1);
  return b == vectors;
}

// One number per matrix, ready to multiply matrices.
Variable per_matrix(const Variable& x) { return unsqueeze(unsqueeze(x, -1), -1); }

Variable times_transposed(const Variable& a, const Variable& b) { return matmul(a, transpose(b)); }

}  // namespace

void ops::Solve::backward(Gradients& d) const {
  const bool vector = is_vector(d.shape(0), d.shape(1));
  const Variable dX = vector ? unsqueeze(d.dy(), -1) : d.dy();
  const Variable dB = linalg::solve(transpose(d.x(0)), dX);
  if (d.needs(0)) {
    const Variable X = vector ? unsqueeze(d.y(), -1) : d.y();
    d.set(0, sum_to(-times_transposed(dB, X), d.shape(0)));
  }
  if (d.needs(1)) d.set(1, sum_to(vector ? squeeze(dB, -1) : dB, d.shape(1)));
}

void ops::Inverse::backward(Gradients& d) const {
  const Variable Yt = transpose(d.y());
  d.set(0, -matmul(Yt, matmul(d.dy(), Yt)));
}

void ops::Det::backward(Gradients& d) const {
  const Variable A = d.x(0);
  if (count_nonzero(equal(d.y().value(), 0)).item() == 0) {
    d.set(0, per_matrix(d.dy() * d.y()) * transpose(linalg::inverse(A)));
    return;
  }
  // A = U S V^T: the cofactors of A are det(U V^T) U C V^T, where C holds the products of the other
  // singular values.
  const linalg::SvdResult s = linalg::svd(A.value());
  const Tensor sign = linalg::det(matmul(s.U, s.Vh));
  const std::int64_t n = A.dim(-1);
  Shape square = s.S.shape();
  square.push_back(n);
  const Tensor one = eye(n, A.dtype(), A.device());
  const Tensor others = prod(s.S.unsqueeze(-2).expand(square) * (1 - one) + one, -1);
  const Tensor cofactors = matmul(s.U * others.unsqueeze(-2), s.Vh);
  d.set(0, per_matrix(d.dy() * sign) * cofactors);
}

void ops::Slogdet::backward(Gradients& d) const {
  d.set(0, per_matrix(d.dy()) * transpose(linalg::inverse(d.x(0))));
}

linalg::VariableSlogdet linalg::slogdet(Operand A) {
  SlogdetResult y = slogdet(A.value());
  return {std::move(y.sign), record_result(ops::Slogdet{}, std::move(y.logabsdet), A)};
}

void ops::Cholesky::backward(Gradients& d) const {
  const Variable Lt = transpose(d.y());
  const std::int64_t n = Lt.dim(-1);
  const Tensor one = eye(n, Lt.dtype(), Lt.device());
  const Tensor lower = tril(ones({n, n}, Lt.dtype(), Lt.device())) - one * 0.5;
  const Variable P = matmul(Lt, d.dy()) * lower;
  const Variable S = linalg::solve(Lt, transpose(linalg::solve(Lt, P)));  // the transpose
  d.set(0, (S + transpose(S)) * 0.5);
}

void ops::Pinv::backward(Gradients& d) const {
  const Variable A = d.x(0), Y = d.y(), Yt = transpose(Y), dYt = transpose(d.dy());
  const Variable dA = -matmul(Yt, matmul(d.dy(), Yt));
  // (I - P) X and X (I - P) without the unit matrix.
  const Variable left = matmul(matmul(dYt, Y), Yt), right = matmul(Yt, matmul(Y, dYt));
  d.set(0, dA + (left - matmul(A, matmul(Y, left))) + (right - matmul(matmul(right, Y), A)));
}

linalg::VariableLstsq linalg::lstsq(Operand A, Operand B, const Tolerance& tolerance) {
  LstsqResult y = lstsq(A.value(), B.value(), tolerance);
  const bool wanted = A.variable.requires_grad() || B.variable.requires_grad();
  if (!wanted || !grad_enabled()) {
    return {std::move(y.solution), std::move(y.residuals), std::move(y.rank),
            std::move(y.singular_values)};
  }
  const bool vector = is_vector(A.value().shape(), B.value().shape());
  const Variable b = vector ? unsqueeze(B, -1) : B.variable;
  const Variable x = matmul(pinv(A, tolerance), b);
  Variable residuals = std::move(y.residuals);
  if (residuals.numel() > 0) {
    residuals = sum(square(b - matmul(A.variable, x)), -2);
    if (vector) residuals = squeeze(residuals, -1);
  }
  return {vector ? squeeze(x, -1) : x, std::move(residuals), std::move(y.rank),
          std::move(y.singular_values)};
}

}  // namespace gradus
