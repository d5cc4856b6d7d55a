#pragma once
#include "tensor/cpu/linalg/batch.h"

namespace gradus::linalg {

struct Svd {
  Matrix U;
  Eigen::VectorXd S;
  Matrix V;
};

/// a = U diag(S) V^T with the signs of svd(). Throws LinalgError for NaN, infinity and when the
/// iteration does not converge; op, batch and b name the matrix.
Svd svd_of(std::string_view op, const Matrix& a, bool full, const Shape& batch, std::int64_t b);

}  // namespace gradus::linalg
