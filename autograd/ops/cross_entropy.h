#pragma once
#include <cstdint>

#include "autograd/record.h"

namespace gradus {

/// What becomes of the losses of the elements.
enum class Reduction { kNone, kMean, kSum };

/// As the arguments of torch.nn.functional.cross_entropy.
struct CrossEntropyOptions {
  Tensor weight = {};                ///< of each class, [C]; undefined for 1
  std::int64_t ignore_index = -100;  ///< the target that does not count
  double label_smoothing = 0;  ///< in 0..1, this part of the target is spread over all classes
  Reduction reduction = Reduction::kMean;
};

}  // namespace gradus

namespace gradus::ops {

// Of class indices.
struct CrossEntropy {
  static constexpr const char* kName = "cross_entropy";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  SavedTensor classes;  // [N, 1, d...], 0 where ignored
  SavedTensor ignored;  // bool, likewise
  SavedTensor weight;   // [C, 1...]
  bool weighted;        // else all of them are 1
  double smoothing;
  Reduction reduction;
  double divisor;

  Tensor forward(const Tensor& logits) const;
  void backward(Gradients& d) const;

 private:
  Tensor weight_of_targets() const;
};

// Of probabilities.
struct SoftCrossEntropy {
  static constexpr const char* kName = "soft_cross_entropy";
  static constexpr bool kReadsInputs = true, kReadsResult = false;
  SavedTensor weight;
  double smoothing;
  Reduction reduction;
  double divisor;

  Tensor forward(const Tensor& logits, const Tensor& target) const;
  void backward(Gradients& d) const;
};

}  // namespace gradus::ops

namespace gradus {

/// loss = -sum_c q_c log softmax(logits)_c in nats, in one recorded step;
/// dlogits = (softmax(logits) sum_c q_c - q) dy, for q_c = weight_c ((1 - s) p_c + s / C) with the
/// label smoothing s. target: whole numbers in 0..C-1, with p_c = 1 for that class, where the first
/// term has the weight of the target; or the probabilities p, floating, which may require a
/// gradient: dtarget_c = -(1 - s) weight_c log softmax(logits)_c dy. The mean is the sum divided by
/// the sum of the weights of all targets that are not ignored, or by the number of probability
/// vectors: NaN when there is none, with gradient 0.
/// Shapes: logits [N, C] or [N, C, d...], target [N] or [N, d...]; or [C] and []; probabilities
/// like logits  ->  [], unreduced [N, d...]. The weight is a constant.
/// Throws ShapeError, DTypeError, ConfigError, IndexError:
///   "[cross_entropy] target: 5 at [1]; expected a class in 0..2, or ignore_index -100"
/// Differs: PyTorch takes no int32 targets, and a target like logits for probabilities whatever its
/// dtype.
Variable cross_entropy(Operand logits, Operand target, const CrossEntropyOptions& options = {});

}  // namespace gradus
