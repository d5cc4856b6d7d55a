#pragma once
#include "autograd/record.h"
#include "tensor/elementwise/mul.h"
#include "tensor/indexing.h"

namespace gradus::ops {

struct IndexSelect {
  static constexpr const char* kName = "index_select";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  SavedTensor index;

  Tensor forward(const Tensor& x) const { return index_select(x, axis, index); }
  void backward(Gradients& d) const;
};

struct IndexAdd {
  static constexpr const char* kName = "index_add";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  SavedTensor index;
  double alpha;

  Tensor forward(const Tensor& x, const Tensor& source) const {
    return index_add(x, axis, index, source, alpha);
  }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Chosen positions of one axis, see tensor/indexing.h.
inline Variable index_select(Operand x, int axis, const Tensor& index) {
  return record(ops::IndexSelect{axis, index}, x);
}

/// x with alpha * source added at the chosen positions of one axis, see tensor/indexing.h.
inline Variable index_add(Operand x, int axis, const Tensor& index, Operand source,
                          double alpha = 1) {
  return record(ops::IndexAdd{axis, index, alpha}, x, source);
}

inline void ops::IndexSelect::backward(Gradients& d) const {
  d.set(0, index_add(zeros(d.shape(0), d.dtype(0)), axis, index, d.dy()));
}
inline void ops::IndexAdd::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, d.dy());
  if (d.needs(1)) {
    const Variable dy = index_select(d.dy(), axis, index);
    d.set(1, alpha == 1 ? dy : dy * alpha);
  }
}

}  // namespace gradus
