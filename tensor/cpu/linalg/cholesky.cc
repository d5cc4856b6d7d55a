#include <cmath>
#include <eigen3/Eigen/Cholesky>

#include "tensor/cpu/linalg/batch.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {
namespace {

// Order of the first leading minor that is not positive, or 0. Eigen's public LLT hides it.
std::int64_t factor_in_place(Matrix& a) {
  const std::int64_t failed = Eigen::internal::llt_inplace<double, Eigen::Lower>::blocked(a);
  if (failed >= 0) return failed + 1;
  for (std::int64_t i = 0; i < a.rows(); ++i) {
    if (std::isnan(a(i, i))) return i + 1;
  }
  return 0;
}

}  // namespace

Tensor cholesky(const Tensor& A) {
  if (gpu::off_cpu(A)) return gpu::by_host([](const Tensor& a) { return cholesky(a); }, A);
  constexpr std::string_view kOp = "linalg.cholesky";
  check_square(kOp, "A", A);
  const Shape batch = batch_of(A);
  const Tensor L = Tensor::empty(A.shape(), A.dtype());
  const Matrices a(A, batch), l(L, batch);
  for_each_matrix(kOp, batch, A.dim(-1) * A.dim(-1), [&](std::int64_t i) {
    Matrix factor = a.load(i);
    if (factor.rows() == 0) return;
    if (const std::int64_t order = factor_in_place(factor)) {
      throw LinalgError("[linalg.cholesky] A: " + matrix_at(batch, i) +
                        " is not positive definite, its leading minor of order " +
                        std::to_string(order) +
                        " is not positive; expected symmetric positive definite matrices");
    }
    factor.triangularView<Eigen::StrictlyUpper>().setZero();
    l.store(i, factor);
  });
  return L;
}

}  // namespace gradus::linalg
