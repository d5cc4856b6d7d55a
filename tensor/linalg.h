#pragma once
// Linear algebra on matrices in the last two axes; the axes before them are a batch, [..., n, m].
//
// Names, shapes and defaults are those of torch.linalg. All take float32 and float64 and compute in
// float64, so that a float32 result is rounded once. Two operands of different dtype give the wider
// one, batch axes broadcast, batches run in parallel, and a matrix of size 0 is a matrix.
// All throw DTypeError for another dtype, "[linalg.det] A: int64; expected float32 or float64;
// convert with to(kFloat32)", and ShapeError for operands that are no matrices or do not fit.
// LinalgError names the first matrix of the batch that does not allow what was asked.
#include <optional>

#include "tensor/tensor.h"

namespace gradus::linalg {

/// X with A X = B, by LU with partial pivoting.
/// Shapes: A [..., n, n], B [..., n, k]  ->  [..., n, k]; B is a vector when it is [n], or when its
/// shape is that of A without the last axis: A [..., n, n], B [..., n]  ->  [..., n].
/// NaN in A or B gives NaN.
/// Throws LinalgError: "[linalg.solve] A: the matrix at batch position [1] is singular, pivot 2 of
/// its LU factors is zero (counted from 0); expected invertible matrices; lstsq takes any".
Tensor solve(const Tensor& A, const Tensor& B);

/// The inverse of A, from the same factors; prefer solve(A, B) to inverse(A) times B.
/// Shapes: A [..., n, n]  ->  [..., n, n]. Throws LinalgError for a singular matrix, as solve.
Tensor inverse(const Tensor& A);

/// Determinant; of a singular matrix 0, of size 0 it is 1.
/// Shapes: A [..., n, n]  ->  [...].
Tensor det(const Tensor& A);

struct SlogdetResult {
  Tensor sign;       ///< [...]: -1, 0 or 1
  Tensor logabsdet;  ///< [...]: -inf for a singular matrix
};
/// det(A) = sign exp(logabsdet), where det itself may overflow.
SlogdetResult slogdet(const Tensor& A);

/// The lower triangular L with A = L L^T and a positive diagonal. Only the lower triangle of A is
/// read; A is taken for symmetric.
/// Shapes: A [..., n, n]  ->  [..., n, n].
/// Throws LinalgError: "[linalg.cholesky] A: the matrix is not positive definite, its leading minor
/// of order 2 is not positive; expected symmetric positive definite matrices". So does NaN.
Tensor cholesky(const Tensor& A);

enum class QrMode {
  kReduced,   ///< Q [..., m, k], R [..., k, n], k = min(m, n)
  kComplete,  ///< Q [..., m, m], R [..., m, n]
};
struct QrResult {
  Tensor Q;  ///< orthonormal columns
  Tensor R;  ///< upper triangular
};
/// A = Q R by Householder reflections. Signs are LAPACK's, and so PyTorch's: each reflection makes
/// the diagonal entry of R opposite in sign to the entry it replaces; R may have negative diagonal
/// entries. Shapes: A [..., m, n]. NaN in A gives NaN.
QrResult qr(const Tensor& A, QrMode mode = QrMode::kReduced);

struct SvdOptions {
  bool full_matrices = true;  ///< U [..., m, m], Vh [..., n, n]; else U [..., m, k], Vh [..., k, n]
};
struct SvdResult {
  Tensor U;   ///< orthonormal columns
  Tensor S;   ///< [..., k], k = min(m, n): singular values, descending, >= 0
  Tensor Vh;  ///< orthonormal rows
};
/// A = U diag(S) Vh, by divide and conquer.
/// Shapes: A [..., m, n].
/// Differs: PyTorch leaves the signs to LAPACK. Here the first entry of each column of U whose
/// magnitude is within 10 % of the largest is positive, and so for the columns of V = Vh^T that
/// have no partner in U. Columns of equal singular values are any basis of their space. Throws
/// LinalgError: "[linalg.svd] A: the matrix holds NaN or infinity; expected finite numbers".
SvdResult svd(const Tensor& A, const SvdOptions& options = {});

struct EighResult {
  Tensor eigenvalues;   ///< [..., n], ascending
  Tensor eigenvectors;  ///< [..., n, n], orthonormal columns
};
/// A = V diag(w) V^T of symmetric matrices. Only the lower triangle of A is read.
/// Shapes: A [..., n, n].
/// Differs: signs of eigenvectors as for svd's U, where PyTorch leaves them to LAPACK; NaN and
/// infinity are an error.
/// Throws LinalgError: "[linalg.eigh] A: the matrix holds NaN or infinity; expected finite
/// numbers".
EighResult eigh(const Tensor& A);

/// Singular values up to max(atol, rtol times the largest) count as zero.
struct Tolerance {
  double atol = 0;
  /// Default: max(m, n) eps, with the eps of the dtype of A; 0 when atol is positive.
  std::optional<double> rtol = {};
};

/// Number of singular values that do not count as zero. Shapes: A [..., m, n]  ->  int64 [...].
/// Throws LinalgError for NaN and infinity, ConfigError for a tolerance that is negative or NaN.
Tensor matrix_rank(const Tensor& A, const Tolerance& tolerance = {});

/// The Moore-Penrose inverse V diag(1/S) U^T over the singular values that do not count as zero.
/// Shapes: A [..., m, n]  ->  [..., n, m]. Throws as matrix_rank.
Tensor pinv(const Tensor& A, const Tolerance& tolerance = {});

struct LstsqResult {
  Tensor solution;   ///< [..., n, k], or [..., n] for a vector
  Tensor residuals;  ///< [..., k], or [...]: |B - A X|^2 by column; [0] unless m > n > 0 and all
                     ///< matrices have rank n
  Tensor rank;       ///< int64, the batch axes of A and B broadcast
  Tensor singular_values;  ///< [..., min(m, n)] of A
};
/// The X of least norm among those that minimise |B - A X|, from the singular values of A.
/// Shapes: A [..., m, n], B [..., m, k] or a vector [..., m], told apart as in solve.
/// Differs: PyTorch's default driver finds the rank by QR with pivoting and gives no singular
/// values; this is its driver "gelsd".
/// Throws as matrix_rank; NaN and infinity in B too give a LinalgError.
LstsqResult lstsq(const Tensor& A, const Tensor& B, const Tolerance& tolerance = {});

}  // namespace gradus::linalg
