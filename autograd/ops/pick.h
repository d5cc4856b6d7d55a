#pragma once
#include <utility>

#include "autograd/record.h"

// Elements by their position along an axis: what gather, max_with_indices, kthvalue, sort, topk,
// cummax and cummin have in common. Their values are picked from x; the gradient goes back to those
// places.

namespace gradus {

/// Elements and where along an axis they stood.
struct VariableAndIndices {
  Variable values;
  Tensor indices;  ///< int64
};

}  // namespace gradus

namespace gradus::ops {

/// Operations that derive from it say their kName.
struct Pick {
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;
  int axis;
  bool dropped = false;  ///< whether index, and the result, lack the axis

  Tensor forward(const Tensor& x) const;
  void backward(Gradients& d) const;
};

struct Place {
  static constexpr const char* kName = "place";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;
  int axis;
  Shape shape;

  Tensor forward(const Tensor& x) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The transpose of gather: adds each x[.., i, ..] to zeros of `shape` at index[.., i, ..].
Variable place(Operand x, const Tensor& index, int axis, const Shape& shape);

}  // namespace gradus
