#pragma once
#include "autograd/record.h"
#include "tensor/indexing.h"

namespace gradus::ops {

struct Take {
  static constexpr const char* kName = "take";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor index;

  Tensor forward(const Tensor& x) const { return take(x, index); }
  void backward(Gradients& d) const;
};

struct MaskedSelect {
  static constexpr const char* kName = "masked_select";
  static constexpr bool kReadsInputs = false, kReadsResult = false;
  SavedTensor mask;

  Tensor forward(const Tensor& x) const { return masked_select(x, mask); }
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// Elements of the flattened x, see tensor/indexing.h. The gradient of an element is the sum over
/// the places where it was read. Shapes: index [...]  ->  y like index.
Variable take(Operand x, const Tensor& index);

/// The elements where mask is true, in row-major order; both are broadcast to each other, so that
/// elements may be read more than once. Shapes: y [number of them].
Variable masked_select(Operand x, const Tensor& mask);

}  // namespace gradus
