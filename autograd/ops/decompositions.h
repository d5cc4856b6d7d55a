#pragma once
// Decompositions with several results. One node holds all of them, the matrices written one after
// the other, so that one backward sees all their gradients; what the user gets are its parts.
#include "autograd/record_result.h"
#include "tensor/linalg.h"

namespace gradus::ops {

struct Eigh {
  static constexpr const char* kName = "eigh";
  static constexpr bool kReadsInputs = false, kReadsResult = true;

  void backward(Gradients& d) const;
};

struct Svd {
  static constexpr const char* kName = "svd";
  static constexpr bool kReadsInputs = false, kReadsResult = true;

  void backward(Gradients& d) const;
};

struct Qr {
  static constexpr const char* kName = "qr";
  static constexpr bool kReadsInputs = false, kReadsResult = true;

  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus::linalg {

/// The results of eigh().
struct VariableEigh {
  Variable eigenvalues;   ///< [..., n], ascending
  Variable eigenvectors;  ///< [..., n, n], orthonormal columns
};
/// A = V diag(w) V^T;  dA = V (diag(dw) + F * (V^T dV)) V^T, F_ij = 1 / (w_j - w_i), 0 for i = j.
/// Infinite where two eigenvalues are equal and their vectors matter. Source: Giles (2008), 3.1.
VariableEigh eigh(Operand A);

/// The results of svd().
struct VariableSvd {
  Variable U, S, Vh;
};
/// A = U diag(S) V^T with U [..., m, k], S [..., k], Vh [..., k, n], k = min(m, n);
/// dA = U (J + K + diag(dS)) V^T + (I - U U^T) dU S^-1 V^T + U S^-1 dV^T (I - V V^T),
/// J = F * (U^T dU - dU^T U) S,  K = S F * (V^T dV - dV^T V),  F_ij = 1 / (S_j^2 - S_i^2).
/// Infinite where two singular values are equal, or one is 0, and their vectors matter.
/// Source: Townsend, "Differentiating the singular value decomposition" (2016), eq. 31.
/// Differs: full_matrices is false; the further columns of U and V have no gradient.
VariableSvd svd(Operand A);

/// The results of qr().
struct VariableQr {
  Variable Q, R;
};
/// A = Q R, reduced;  dA = (dQ + Q sym(M)) R^-T, M = R dR^T - dQ^T Q, where sym(M) repeats the
/// lower triangle of M above the diagonal. For m < n the first m columns of A are decomposed and
/// the others are Q^T times them. A (its first columns) must have full rank: LinalgError in
/// backward. Source: Seeger, Hetzel, Dai, Meissner, Lawrence, "Auto-differentiating linear algebra"
/// (2017), arXiv:1710.08717.
VariableQr qr(Operand A);

}  // namespace gradus::linalg
