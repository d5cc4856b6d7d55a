#pragma once
#include "autograd/ops/diagonal.h"
#include "tensor/assemble.h"

namespace gradus::ops {

struct Diag {
  static constexpr const char* kName = "diag";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  std::int64_t k;

  Tensor forward(const Tensor& x) const { return diag(x, k); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// A matrix with x [n] on its k-th diagonal and 0 elsewhere, or the k-th diagonal of a matrix x, as
/// a copy. Throws ShapeError for other ranks.
inline Variable diag(Operand x, std::int64_t k = 0) { return record(ops::Diag{k}, x); }

inline void ops::Diag::backward(Gradients& d) const {
  d.set(0, d.shape(0).rank() == 1 ? diagonal(d.dy(), k) : put_diagonal(d.dy(), d.shape(0), k));
}

}  // namespace gradus
