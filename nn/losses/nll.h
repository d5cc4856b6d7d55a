#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// weight: of each class [C], a constant; undefined for 1. ignore_index: the target that does not
/// count.
struct NLLLossOptions {
  Tensor weight = {};
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::kMean;
};

/// Negative log likelihood: l = -w_c input_c for the class c = target, of log-probabilities such as
/// log_softmax gives; cross_entropy does both at once. The mean is sum l / sum w_c over the targets
/// that are not ignored: NaN when there is none, with gradient 0.
/// Shapes: input [N, C] or [N, C, d...], target whole numbers [N] or [N, d...]; or [C] and []  ->
/// [], unreduced like target.
/// Throws ShapeError, DTypeError, IndexError:
///   "[nll_loss] input is [2, 3] and target is [3]; expected input [N, C, ...] with classes [N,
///   ...], or [C] with []"
///   "[nll_loss] target: 5 at [1]; expected a class in 0..2, or ignore_index -100"
/// Source: torch.nn.functional.nll_loss. Differs: PyTorch takes no int32 targets.
Variable nll_loss(Operand input, Operand target, const NLLLossOptions& options = {});

struct NLLLoss : LossModule<NLLLossOptions, nll_loss> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
