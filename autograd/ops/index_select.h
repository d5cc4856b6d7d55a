#pragma once
#include "autograd/record.h"
#include "tensor/row_ops.h"

namespace gradus::ops {

struct IndexSelect {
  static constexpr const char* kName = "index_select";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;

  Tensor forward(const Tensor& x) const { return x.index_select(index); }
  void backward(Gradients& d) const;
};

struct IndexAddRows {
  static constexpr const char* kName = "index_add_rows";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;
  std::int64_t rows;

  Tensor forward(const Tensor& x) const { return index_add_rows(x, index, rows); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Rows of axis 0 by number: y[i] = x[index[i]].
/// Shapes: x [rows, ...], index int64 [n]  ->  y [n, ...]. Throws IndexError, DTypeError.
inline Variable index_select(Operand x, const Tensor& index) {
  return record(ops::IndexSelect{index}, x);
}

/// The transpose: adds row i of x into row index[i] of zeros. x [n, ...]  ->  y [rows, ...].
inline Variable index_add_rows(Operand x, const Tensor& index, std::int64_t rows) {
  return record(ops::IndexAddRows{index, rows}, x);
}

inline void ops::IndexSelect::backward(Gradients& d) const {
  d.set(0, index_add_rows(d.dy(), index, d.shape(0)[0]));
}
inline void ops::IndexAddRows::backward(Gradients& d) const {
  d.set(0, index_select(d.dy(), index));
}

}  // namespace gradus
