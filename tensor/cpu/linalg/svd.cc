#include "tensor/cpu/linalg/svd.h"

#include <eigen3/Eigen/SVD>
#include <optional>

#include "tensor/cpu/linalg/signs.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {
namespace {

// Largest entry of |M^T M - I|: 0 for orthonormal columns.
double skewness(const Eigen::Ref<const Matrix>& M) {
  return (M.transpose() * M - Matrix::Identity(M.cols(), M.cols())).cwiseAbs().maxCoeff();
}

// What the solver found, unless it gave up or its vectors are not orthonormal to rounding. Divide
// and conquer of Eigen 3.4.0 fails the second for some matrices of rank 1, such as 64 x 20 ones,
// and reports success; the slower Jacobi iteration does not.
template <class Solver>
std::optional<Svd> factors_of(const Solver& solver) {
  if (solver.info() != Eigen::Success) return std::nullopt;
  Svd svd{solver.matrixU(), solver.singularValues(), solver.matrixV()};
  const std::int64_t k = svd.S.size();
  const double rounding = 1e-14 * static_cast<double>(svd.U.rows() + svd.V.rows());
  const double worst = std::max(skewness(svd.U.leftCols(k)), skewness(svd.V.leftCols(k)));
  if (!(worst <= rounding)) return std::nullopt;
  return svd;
}

}  // namespace

Svd svd_of(std::string_view op, const Matrix& a, bool full, const Shape& batch, std::int64_t b) {
  const std::int64_t m = a.rows(), n = a.cols(), k = std::min(m, n);
  if (k == 0) return {Matrix::Identity(m, full ? m : 0), {}, Matrix::Identity(n, full ? n : 0)};
  check_finite(op, "A", a, batch, b);
  const unsigned sides =
      full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  std::optional<Svd> found = factors_of(Eigen::BDCSVD<Matrix>(a, sides));
  if (!found) found = factors_of(Eigen::JacobiSVD<Matrix>(a, sides));
  if (!found) {
    throw LinalgError("[" + std::string(op) + "] A: the iteration for " + matrix_at(batch, b) +
                      " did not converge; expected a better conditioned matrix");
  }
  Svd& result = *found;
  for (std::int64_t j = 0; j < result.U.cols(); ++j) {
    if (!points_down(result.U.col(j))) continue;
    result.U.col(j) *= -1;
    if (j < k) result.V.col(j) *= -1;
  }
  for (std::int64_t j = k; j < result.V.cols(); ++j) {
    if (points_down(result.V.col(j))) result.V.col(j) *= -1;
  }
  return std::move(result);
}

SvdResult svd(const Tensor& A, const SvdOptions& options) {
  if (gpu::off_cpu(A)) return gpu::by_host([&](const Tensor& a) { return svd(a, options); }, A);
  constexpr std::string_view kOp = "linalg.svd";
  check_matrices(kOp, "A", A);
  const Shape batch = batch_of(A);
  const bool full = options.full_matrices;
  const std::int64_t m = A.dim(-2), n = A.dim(-1), k = std::min(m, n);
  const SvdResult result{make(batch, {m, full ? m : k}, A.dtype()), make(batch, {k}, A.dtype()),
                         make(batch, {full ? n : k, n}, A.dtype())};
  const Matrices a(A, batch), u(result.U, batch), s(result.S.unsqueeze(-1), batch),
      v(result.Vh.transpose(), batch);
  for_each_matrix(kOp, batch, m * n, [&](std::int64_t i) {
    const Svd factors = svd_of(kOp, a.load(i), full, batch, i);
    u.store(i, factors.U);
    s.store(i, factors.S);
    v.store(i, factors.V);
  });
  return result;
}

}  // namespace gradus::linalg
