#include <eigen3/Eigen/QR>

#include "tensor/cpu/linalg/batch.h"
#include "tensor/cuda/ops/by_host.h"
#include "tensor/linalg.h"

namespace gradus::linalg {

QrResult qr(const Tensor& A, QrMode mode) {
  if (gpu::off_cpu(A)) return gpu::by_host([&](const Tensor& a) { return qr(a, mode); }, A);
  constexpr std::string_view kOp = "linalg.qr";
  check_matrices(kOp, "A", A);
  const Shape batch = batch_of(A);
  const std::int64_t m = A.dim(-2), n = A.dim(-1);
  const std::int64_t k = mode == QrMode::kComplete ? m : std::min(m, n);
  const QrResult result{make(batch, {m, k}, A.dtype()), make(batch, {k, n}, A.dtype())};
  const Matrices a(A, batch), q(result.Q, batch), r(result.R, batch);
  for_each_matrix(kOp, batch, m * (n + k), [&](std::int64_t i) {
    Matrix Q = Matrix::Identity(m, k), R = Matrix::Zero(k, n);
    if (m > 0 && n > 0) {
      const Eigen::HouseholderQR<Matrix> factors(a.load(i));
      R = factors.matrixQR().topRows(k).triangularView<Eigen::Upper>();
      Q.applyOnTheLeft(factors.householderQ());
    }
    q.store(i, Q);
    r.store(i, R);
  });
  return result;
}

}  // namespace gradus::linalg
