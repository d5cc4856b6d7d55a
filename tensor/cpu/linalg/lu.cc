// What the LU factors with partial pivoting give: solve, inverse, det, slogdet.
#include <cmath>
#include <eigen3/Eigen/LU>
#include <limits>
#include <optional>

#include "tensor/cpu/linalg/batch.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {
namespace {

using Lu = Eigen::PartialPivLU<Matrix>;

// The factors of an invertible matrix. Like LAPACK, only a pivot of exactly 0 counts as singular.
Lu invertible(std::string_view op, const Matrices& A, const Shape& batch, std::int64_t b) {
  Lu lu(A.load(b));
  for (std::int64_t i = 0; i < lu.rows(); ++i) {
    if (lu.matrixLU()(i, i) != 0) continue;
    throw LinalgError(
        "[" + std::string(op) + "] A: " + matrix_at(batch, b) + " is singular, pivot " +
        std::to_string(i) +
        " of its LU factors is zero (counted from 0); expected invertible matrices; " +
        (op == "linalg.solve" ? "lstsq" : "pinv") + " takes any");
  }
  return lu;
}

}  // namespace

Tensor solve(const Tensor& A, const Tensor& B) {
  constexpr std::string_view kOp = "linalg.solve";
  if (gpu::off_cpu(kOp, A, B)) {
    return gpu::by_host([](const Tensor& a, const Tensor& b) { return solve(a, b); }, A, B);
  }
  check_square(kOp, "A", A);
  const auto [vector, right, batch] = right_side(kOp, A, B);
  const std::int64_t n = A.dim(-1), k = right.dim(-1);
  const Tensor X = make(batch, {n, k}, promote(A.dtype(), B.dtype()));
  const Shape batch_of_A = batch_of(A);
  const Matrices a(A, batch_of_A), spread(A, batch), b(right, batch), x(X, batch);
  // One matrix for a batch of right-hand sides is factored once.
  std::optional<Lu> shared;
  if (numel(batch_of_A) == 1 && numel(batch) > 1) {
    for_each_matrix(kOp, batch_of_A, n * n,
                    [&](std::int64_t i) { shared = invertible(kOp, a, batch_of_A, i); });
  }
  for_each_matrix(kOp, batch, n * (n + k), [&](std::int64_t i) {
    const Matrix rhs = b.load(i);
    x.store(i, shared ? Matrix(shared->solve(rhs))
                      : Matrix(invertible(kOp, spread, batch, i).solve(rhs)));
  });
  return vector ? X.select(-1, 0) : X;
}

Tensor inverse(const Tensor& A) {
  if (gpu::off_cpu(A)) return gpu::by_host([](const Tensor& a) { return inverse(a); }, A);
  constexpr std::string_view kOp = "linalg.inverse";
  check_square(kOp, "A", A);
  const Shape batch = batch_of(A);
  const std::int64_t n = A.dim(-1);
  const Tensor Y = Tensor::empty(A.shape(), A.dtype());
  const Matrices a(A, batch), y(Y, batch);
  for_each_matrix(kOp, batch, n * n, [&](std::int64_t i) {
    y.store(i, Matrix(invertible(kOp, a, batch, i).inverse()));
  });
  return Y;
}

Tensor det(const Tensor& A) {
  if (gpu::off_cpu(A)) return gpu::by_host([](const Tensor& a) { return det(a); }, A);
  check_square("linalg.det", "A", A);
  const Shape batch = batch_of(A);
  const Tensor d = Tensor::empty(batch, A.dtype());
  const Matrices a(A, batch), out(d.unsqueeze(-1).unsqueeze(-1), batch);
  for_each_matrix("linalg.det", batch, A.dim(-1) * A.dim(-1), [&](std::int64_t i) {
    const Matrix matrix = a.load(i);
    const double value = matrix.rows() == 0 ? 1 : Lu(matrix).determinant();
    out.store(i, Matrix::Constant(1, 1, value));
  });
  return d;
}

SlogdetResult slogdet(const Tensor& A) {
  if (gpu::off_cpu(A)) return gpu::by_host([](const Tensor& a) { return slogdet(a); }, A);
  check_square("linalg.slogdet", "A", A);
  const Shape batch = batch_of(A);
  const SlogdetResult result{Tensor::empty(batch, A.dtype()), Tensor::empty(batch, A.dtype())};
  const Matrices a(A, batch), signs(result.sign.unsqueeze(-1).unsqueeze(-1), batch),
      logs(result.logabsdet.unsqueeze(-1).unsqueeze(-1), batch);
  for_each_matrix("linalg.slogdet", batch, A.dim(-1) * A.dim(-1), [&](std::int64_t i) {
    const Matrix matrix = a.load(i);
    double sign = 1, log = 0;
    if (matrix.rows() > 0) {
      const Lu lu(matrix);
      sign = static_cast<double>(lu.permutationP().determinant());
      for (std::int64_t j = 0; j < matrix.rows(); ++j) {
        const double u = lu.matrixLU()(j, j);
        sign = u == 0 ? 0 : std::isnan(u) ? u : u < 0 ? -sign : sign;
        log += std::log(std::fabs(u));
      }
    }
    signs.store(i, Matrix::Constant(1, 1, sign));
    logs.store(i, Matrix::Constant(1, 1, log));
  });
  return result;
}

}  // namespace gradus::linalg
