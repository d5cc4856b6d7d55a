#include <eigen3/Eigen/Eigenvalues>

#include "tensor/cpu/linalg/batch.h"
#include "tensor/cpu/linalg/signs.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {

EighResult eigh(const Tensor& A) {
  if (gpu::off_cpu(A)) return gpu::by_host([](const Tensor& a) { return eigh(a); }, A);
  constexpr std::string_view kOp = "linalg.eigh";
  check_square(kOp, "A", A);
  const Shape batch = batch_of(A);
  const std::int64_t n = A.dim(-1);
  const EighResult result{make(batch, {n}, A.dtype()), Tensor::empty(A.shape(), A.dtype())};
  const Matrices a(A, batch), values(result.eigenvalues.unsqueeze(-1), batch),
      vectors(result.eigenvectors, batch);
  for_each_matrix(kOp, batch, n * n, [&](std::int64_t i) {
    if (n == 0) return;
    Matrix symmetric = a.load(i);
    symmetric.triangularView<Eigen::StrictlyUpper>() = symmetric.transpose();
    check_finite(kOp, "A", symmetric, batch, i);
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(symmetric);
    if (solver.info() != Eigen::Success) {
      throw LinalgError("[linalg.eigh] A: the iteration for " + matrix_at(batch, i) +
                        " did not converge; expected a better conditioned matrix");
    }
    Matrix V = solver.eigenvectors();
    for (std::int64_t j = 0; j < n; ++j) {
      if (points_down(V.col(j))) V.col(j) *= -1;
    }
    values.store(i, solver.eigenvalues());
    vectors.store(i, V);
  });
  return result;
}

}  // namespace gradus::linalg
