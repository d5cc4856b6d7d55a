#pragma once
#include "autograd/ops/index.h"
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

struct IndexFill {
  static constexpr const char* kName = "index_fill";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  int axis;
  SavedTensor index;
  double value;

  Tensor forward(const Tensor& x) const { return index_fill(x, axis, index, value); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Chosen positions of one axis, see tensor/indexing.h. The gradient of a position is the sum over
/// the places where it was read.
inline Variable index_select(Operand x, int axis, const Tensor& index) {
  return record(ops::IndexSelect{axis, index}, x);
}

/// x with alpha * source added at the chosen positions of one axis, see tensor/indexing.h.
inline Variable index_add(Operand x, int axis, const Tensor& index, Operand source,
                          double alpha = 1) {
  return record(ops::IndexAdd{axis, index, alpha}, x, source);
}

/// x with `value` at the chosen positions of one axis, which then get no gradient; see
/// tensor/indexing.h.
inline Variable index_fill(Operand x, int axis, const Tensor& index, double value) {
  return record(ops::IndexFill{axis, index, value}, x);
}

inline void ops::IndexSelect::backward(Gradients& d) const {
  const int at = normalize_axis("index_select", axis, d.shape(0));
  const Tensor line = index.get().reshape({index.get().numel()});
  d.set(0, put_index(d.dy(), d.shape(0), items_along(at, line)));
}
inline void ops::IndexAdd::backward(Gradients& d) const {
  if (d.needs(0)) d.set(0, d.dy());
  if (d.needs(1)) {
    const Variable dy = index_select(d.dy(), axis, index);
    d.set(1, alpha == 1 ? dy : dy * alpha);
  }
}
inline void ops::IndexFill::backward(Gradients& d) const {
  d.set(0, index_fill(d.dy(), axis, index, 0));
}

}  // namespace gradus
