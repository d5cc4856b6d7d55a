#pragma once
// Linear algebra, see tensor/linalg.h for shapes and errors. G^T is the transpose of the matrices,
// leading axes are a batch. Gradients are those of Giles, "Collected matrix derivative results for
// forward and reverse mode algorithmic differentiation" (2008), where nothing else is named.
#include "autograd/record_result.h"
#include "tensor/linalg.h"

namespace gradus::ops {

struct Solve {
  static constexpr const char* kName = "solve";
  static constexpr bool kReadsInputs = true, kReadsResult = true;

  Tensor forward(const Tensor& A, const Tensor& B) const { return linalg::solve(A, B); }
  void backward(Gradients& d) const;
};

struct Inverse {
  static constexpr const char* kName = "inverse";
  static constexpr bool kReadsInputs = false, kReadsResult = true;

  Tensor forward(const Tensor& A) const { return linalg::inverse(A); }
  void backward(Gradients& d) const;
};

struct Det {
  static constexpr const char* kName = "det";
  static constexpr bool kReadsInputs = true, kReadsResult = true;

  Tensor forward(const Tensor& A) const { return linalg::det(A); }
  void backward(Gradients& d) const;
};

struct Slogdet {
  static constexpr const char* kName = "slogdet";
  static constexpr bool kReadsInputs = true, kReadsResult = false;

  void backward(Gradients& d) const;
};

struct Cholesky {
  static constexpr const char* kName = "cholesky";
  static constexpr bool kReadsInputs = false, kReadsResult = true;

  Tensor forward(const Tensor& A) const { return linalg::cholesky(A); }
  void backward(Gradients& d) const;
};

struct Pinv {
  static constexpr const char* kName = "pinv";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  linalg::Tolerance tolerance;

  Tensor forward(const Tensor& A) const { return linalg::pinv(A, tolerance); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus::linalg {

/// X with A X = B;  dB = A^-T dX,  dA = -dB X^T.
inline Variable solve(Operand A, Operand B) { return record(ops::Solve{}, A, B); }

/// Y = A^-1;  dA = -Y^T dY Y^T.
inline Variable inverse(Operand A) { return record(ops::Inverse{}, A); }

/// dA = dy times the matrix of cofactors, det(A) A^-T where A is invertible. For a singular matrix
/// that is made of the cofactors of its singular values and has no further derivative here.
inline Variable det(Operand A) { return record(ops::Det{}, A); }

/// The results of slogdet().
struct VariableSlogdet {
  Variable sign;  ///< constant
  Variable logabsdet;
};
/// dA = A^-T dlogabsdet; of a singular matrix it throws LinalgError.
VariableSlogdet slogdet(Operand A);

/// L with A = L L^T;  dA = sym(L^-T P L^-1), where P is the lower triangle of L^T dL with half the
/// diagonal and sym(X) = (X + X^T) / 2.
/// Source: Murray, "Differentiation of the Cholesky decomposition" (2016), arXiv:1602.07527,
/// eq. 10.
inline Variable cholesky(Operand A) { return record(ops::Cholesky{}, A); }

/// Y = A^+;  dA = -Y^T dY Y^T + (I - A Y) dY^T Y Y^T + Y^T Y dY^T (I - Y A), as long as the rank
/// stays the same.
/// Source: Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
/// problems whose variables separate" (1973), eq. 4.12.
inline Variable pinv(Operand A, const Tolerance& tolerance = {}) {
  return record(ops::Pinv{tolerance}, A);
}

/// The results of lstsq().
struct VariableLstsq {
  Variable solution;
  Variable residuals;
  Tensor rank;
  Variable singular_values;  ///< constant
};
/// X = A^+ B, and |B - A X|^2 by column where the function of tensors gives it. Differentiated as
/// the products that they are.
VariableLstsq lstsq(Operand A, Operand B, const Tolerance& tolerance = {});

}  // namespace gradus::linalg
