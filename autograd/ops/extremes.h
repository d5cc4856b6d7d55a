#pragma once
#include "autograd/ops/max.h"
#include "autograd/ops/pick.h"

// The gradients of single elements that a reduction chooses.

namespace gradus::ops {

struct Median {
  static constexpr const char* kName = "median";
  static constexpr bool kReadsInputs = true, kReadsResult = true;
  Axes axes;
  bool keepdim;

  Tensor forward(const Tensor& x) const { return median(x, axes, keepdim); }
  void backward(Gradients& d) const { d.set(0, share_among_equal(d, axes)); }
};

struct MaxWithIndices : Pick {
  static constexpr const char* kName = "max_with_indices";
};
struct MinWithIndices : Pick {
  static constexpr const char* kName = "min_with_indices";
};
struct Kthvalue : Pick {
  static constexpr const char* kName = "kthvalue";
};

}  // namespace gradus::ops

namespace gradus {

/// The element in the middle of the sorted ones, the lower of two. Elements that equal it share the
/// gradient in equal parts, as in PyTorch's median of all elements. Throws ShapeError.
/// Differs: along one axis PyTorch gives it all to one of them; kthvalue does so here.
inline Variable median(Operand x, const Axes& axes = {}, bool keepdim = false) {
  return record(ops::Median{axes, keepdim}, x);
}

/// Largest elements along an axis and their positions. The gradient goes to that position alone,
/// the first of equal ones. Throws IndexError, ShapeError.
VariableAndIndices max_with_indices(Operand x, int axis, bool keepdim = false);

/// Smallest elements along an axis and their positions; otherwise as max_with_indices.
VariableAndIndices min_with_indices(Operand x, int axis, bool keepdim = false);

/// The k-th smallest element of each line, k from 1, and its position, which gets the gradient.
/// Throws IndexError, ConfigError.
VariableAndIndices kthvalue(Operand x, std::int64_t k, int axis = -1, bool keepdim = false);

}  // namespace gradus
