// What the singular values decide: matrix_rank, pinv, lstsq.
#include <limits>

#include "tensor/cpu/linalg/batch.h"
#include "tensor/cpu/linalg/svd.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {
namespace {

// The relative and absolute bound, checked, with defaults filled in.
Tolerance resolve(std::string_view op, const Tensor& A, const Tolerance& given) {
  const auto check = [&](const char* argument, double value) {
    if (value >= 0) return;
    throw ConfigError("[" + std::string(op) + "] " + argument + ": " + to_text(value) +
                      "; expected >= 0");
  };
  check("atol", given.atol);
  if (given.rtol) check("rtol", *given.rtol);
  const double eps = A.dtype() == kFloat32 ? std::numeric_limits<float>::epsilon()
                                           : std::numeric_limits<double>::epsilon();
  const double widest = static_cast<double>(std::max(A.dim(-2), A.dim(-1)));
  return {given.atol, given.rtol.value_or(given.atol > 0 ? 0 : widest * eps)};
}

// How many of the descending singular values do not count as zero.
std::int64_t rank_of(const Eigen::VectorXd& S, const Tolerance& t) {
  if (S.size() == 0) return 0;
  const double bound = std::max(t.atol, *t.rtol * S(0));
  return (S.array() > bound).count();
}

// The least-norm solution of A X = B in the least-squares sense.
Matrix solve_with(const Svd& svd, std::int64_t rank, const Matrix& B) {
  Matrix c = svd.U.leftCols(rank).transpose() * B;
  for (std::int64_t j = 0; j < rank; ++j) c.row(j) /= svd.S(j);
  return svd.V.leftCols(rank) * c;
}

}  // namespace

Tensor matrix_rank(const Tensor& A, const Tolerance& tolerance) {
  if (gpu::off_cpu(A))
    return gpu::by_host([&](const Tensor& a) { return matrix_rank(a, tolerance); }, A);
  constexpr std::string_view kOp = "linalg.matrix_rank";
  check_matrices(kOp, "A", A);
  const Tolerance t = resolve(kOp, A, tolerance);
  const Shape batch = batch_of(A);
  const Tensor rank = Tensor::empty(batch, kInt64);
  const Matrices a(A, batch);
  for_each_matrix(kOp, batch, A.dim(-2) * A.dim(-1), [&](std::int64_t i) {
    rank.data<std::int64_t>()[i] = rank_of(svd_of(kOp, a.load(i), false, batch, i).S, t);
  });
  return rank;
}

Tensor pinv(const Tensor& A, const Tolerance& tolerance) {
  if (gpu::off_cpu(A)) return gpu::by_host([&](const Tensor& a) { return pinv(a, tolerance); }, A);
  constexpr std::string_view kOp = "linalg.pinv";
  check_matrices(kOp, "A", A);
  const Tolerance t = resolve(kOp, A, tolerance);
  const Shape batch = batch_of(A);
  const std::int64_t m = A.dim(-2), n = A.dim(-1);
  const Tensor Y = make(batch, {n, m}, A.dtype());
  const Matrices a(A, batch), y(Y, batch);
  for_each_matrix(kOp, batch, m * n, [&](std::int64_t i) {
    const Svd svd = svd_of(kOp, a.load(i), false, batch, i);
    y.store(i, solve_with(svd, rank_of(svd.S, t), Matrix::Identity(m, m)));
  });
  return Y;
}

LstsqResult lstsq(const Tensor& A, const Tensor& B, const Tolerance& tolerance) {
  constexpr std::string_view kOp = "linalg.lstsq";
  if (gpu::off_cpu(kOp, A, B)) {
    return gpu::by_host([&](const Tensor& a, const Tensor& b) { return lstsq(a, b, tolerance); }, A,
                        B);
  }
  check_matrices(kOp, "A", A);
  const auto [vector, right, batch] = right_side(kOp, A, B);
  const Tolerance t = resolve(kOp, A, tolerance);
  const DType dtype = promote(A.dtype(), B.dtype());
  const std::int64_t m = A.dim(-2), n = A.dim(-1), k = right.dim(-1);
  LstsqResult result{make(batch, {n, k}, dtype), make(batch, {k}, dtype),
                     Tensor::empty(batch, kInt64), make(batch, {std::min(m, n)}, dtype)};
  const Shape& common = batch;  // a structured binding cannot be captured
  const Matrices a(A, batch), b(right, batch), x(result.solution, batch),
      residuals(result.residuals.unsqueeze(-1), batch),
      s(result.singular_values.unsqueeze(-1), batch);
  std::int64_t* ranks = result.rank.data<std::int64_t>();
  for_each_matrix(kOp, batch, m * (n + k), [&](std::int64_t i) {
    const Matrix matrix = a.load(i), rhs = b.load(i);
    check_finite(kOp, "B", rhs, common, i);
    const Svd svd = svd_of(kOp, matrix, false, common, i);
    ranks[i] = rank_of(svd.S, t);
    const Matrix solution = solve_with(svd, ranks[i], rhs);
    x.store(i, solution);
    s.store(i, svd.S);
    residuals.store(i, (rhs - matrix * solution).colwise().squaredNorm().transpose());
  });
  const bool determined =
      m > n && n > 0 &&
      std::all_of(ranks, ranks + result.rank.numel(), [n](auto r) { return r == n; });
  if (!determined) result.residuals = Tensor::empty({0}, dtype);
  if (vector) {
    result.solution = result.solution.select(-1, 0);
    if (determined) result.residuals = result.residuals.select(-1, 0);
  }
  return result;
}

}  // namespace gradus::linalg
