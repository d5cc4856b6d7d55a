#include "autograd/ops/decompositions.h"

#include <algorithm>
#include <initializer_list>

#include "autograd/ops/cat.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/split.h"
#include "autograd/ops/transpose.h"
#include "autograd/ops/tril.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/sub.h"

namespace gradus {
namespace {

// Matrices of one batch side by side: [..., n_i, m_i] as [..., sum of n_i m_i].
Tensor packed(const std::vector<Tensor>& matrices) {
  std::vector<Tensor> flat;
  for (const Tensor& x : matrices) {
    Shape shape = x.shape();
    const std::int64_t size = shape[shape.rank() - 1] * shape[shape.rank() - 2];
    shape.erase(shape.rank() - 1);
    shape[shape.rank() - 1] = size;
    flat.push_back(x.reshape(shape));
  }
  return cat(flat, -1);
}

// A matrix of those that packed() joined, from `start` on, which moves behind it.
Variable unpacked(const Variable& all, std::int64_t& start, std::int64_t rows,
                  std::int64_t columns) {
  Shape shape = all.shape();
  shape[shape.rank() - 1] = rows;
  shape.push_back(columns);
  const Variable part = narrow(all, -1, start, rows * columns);
  start += rows * columns;
  return reshape(part, shape);
}

Variable row(const Variable& x) { return unsqueeze(x, -2); }
Variable column(const Variable& x) { return unsqueeze(x, -1); }

// 1 / (w_j - w_i), 0 on the diagonal.
Variable inverse_gaps(const Variable& w) {
  const Tensor one = eye(w.dim(-1), w.dtype(), w.device());
  // No mutants of "+ one": on the diagonal, anything but 0 gives 0.
  return (1 - one) / (row(w) - column(w) + one);
}

}  // namespace

linalg::VariableEigh linalg::eigh(Operand A) {
  const EighResult y = eigh(A.value());
  const std::int64_t n = A.value().dim(-1);
  const Variable all =
      record_result(ops::Eigh{}, packed({y.eigenvalues.unsqueeze(-2), y.eigenvectors}), A);
  std::int64_t at = 0;
  const Variable w = squeeze(unpacked(all, at, 1, n), -2);
  return {w, unpacked(all, at, n, n)};
}

void ops::Eigh::backward(Gradients& d) const {
  const std::int64_t n = d.shape(0).at(-1);
  std::int64_t at = 0, at_d = 0;
  const Variable all = d.y();
  const Variable w = squeeze(unpacked(all, at, 1, n), -2), V = unpacked(all, at, n, n);
  const Variable dw = unpacked(d.dy(), at_d, 1, n), dV = unpacked(d.dy(), at_d, n, n);
  const Variable Vt = transpose(V);
  const Variable inner = dw * eye(n, w.dtype(), w.device()) + inverse_gaps(w) * matmul(Vt, dV);
  d.set(0, matmul(V, matmul(inner, Vt)));
}

linalg::VariableSvd linalg::svd(Operand A) {
  const SvdResult y = svd(A.value(), {.full_matrices = false});
  const std::int64_t m = A.value().dim(-2), n = A.value().dim(-1), k = std::min(m, n);
  const Variable all = record_result(ops::Svd{}, packed({y.U, y.S.unsqueeze(-2), y.Vh}), A);
  std::int64_t at = 0;
  const Variable U = unpacked(all, at, m, k), S = squeeze(unpacked(all, at, 1, k), -2);
  return {U, S, unpacked(all, at, k, n)};
}

void ops::Svd::backward(Gradients& d) const {
  const std::int64_t m = d.shape(0).at(-2), n = d.shape(0).at(-1), k = std::min(m, n);
  std::int64_t at = 0, at_d = 0;
  const Variable all = d.y();
  const Variable U = unpacked(all, at, m, k), S = unpacked(all, at, 1, k);
  const Variable Vh = unpacked(all, at, k, n), V = transpose(Vh), Ut = transpose(U);
  const Variable dU = unpacked(d.dy(), at_d, m, k), dS = unpacked(d.dy(), at_d, 1, k);
  const Variable dVh = unpacked(d.dy(), at_d, k, n), dV = transpose(dVh);
  const auto skew = [](const Variable& x) { return x - transpose(x); };
  const Variable F = inverse_gaps(squeeze(S * S, -2)), St = transpose(S);
  const Variable J = F * skew(matmul(Ut, dU)) * S;
  const Variable K = St * (F * skew(matmul(Vh, dV)));
  Variable dA = matmul(U, matmul(J + K + dS * eye(k, S.dtype(), S.device()), Vh));
  if (m > k) {
    const Variable X = dU / S;
    dA = dA + matmul(X - matmul(U, matmul(Ut, X)), Vh);
  }
  if (n > k) {
    const Variable X = dVh / St;
    dA = dA + matmul(U, X - matmul(matmul(X, V), Vh));
  }
  d.set(0, dA);
}

linalg::VariableQr linalg::qr(Operand A) {
  const std::int64_t m = A.value().rank() < 2 ? 0 : A.value().dim(-2);
  const std::int64_t n = A.value().rank() < 2 ? 0 : A.value().dim(-1);
  const bool recorded = A.variable.requires_grad() && grad_enabled();
  if (recorded && m < n) {
    const auto [Q, R] = qr({narrow(A, -1, 0, m), A.where});
    return {Q, cat({R, matmul(transpose(Q), narrow(A, -1, m, n - m))}, -1)};
  }
  const QrResult y = qr(A.value());
  if (!recorded) return {y.Q, y.R};
  const Variable all = record_result(ops::Qr{}, packed({y.Q, y.R}), A);
  std::int64_t at = 0;
  const Variable Q = unpacked(all, at, m, n);
  return {Q, unpacked(all, at, n, n)};
}

void ops::Qr::backward(Gradients& d) const {
  const std::int64_t m = d.shape(0).at(-2), n = d.shape(0).at(-1);
  std::int64_t at = 0, at_d = 0;
  const Variable all = d.y();
  const Variable Q = unpacked(all, at, m, n), R = unpacked(all, at, n, n);
  const Variable dQ = unpacked(d.dy(), at_d, m, n), dR = unpacked(d.dy(), at_d, n, n);
  const Variable M = matmul(R, transpose(dR)) - matmul(transpose(dQ), Q);
  const Variable sym = tril(M) + transpose(tril(M, -1));
  // X R^T = Y is R X^T = Y^T.
  d.set(0, transpose(linalg::solve(R, transpose(dQ + matmul(Q, sym)))));
}

}  // namespace gradus
