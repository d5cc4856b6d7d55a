#pragma once
#include "autograd/record.h"

namespace gradus::ops {

struct CrossEntropy {
  static constexpr const char* kName = "cross_entropy";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  Tensor target;

  Tensor forward(const Tensor& logits) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// The mean of -log softmax(logits)[target] over all n targets, in nats, in one recorded step;
/// dlogits = (softmax(logits) - one_hot(target)) dy / n. Of no targets NaN.
/// Shapes: logits [N, C] or [N, C, d...], target [N] or [N, d...]; or [C] and []  ->  [].
/// target: whole numbers in 0..C-1. Throws ShapeError, DTypeError, IndexError:
///   "[cross_entropy] target: 5; expected a class in 0..2"
inline Variable cross_entropy(Operand logits, const Tensor& target) {
  return record(ops::CrossEntropy{target}, logits);
}

}  // namespace gradus
