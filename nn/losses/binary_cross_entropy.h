#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// l = -w (t log p + (1 - t) log(1 - p)) in nats, with p = input, t = target, reduced; logarithms
/// are -100 at least, so that p = 0 and 1 are finite. From logits use
/// binary_cross_entropy_with_logits, which keeps its digits near 0 and 1.
/// Shapes: input and target [...] alike, weight one that broadcasts to it  ->  [], unreduced [...].
/// input in 0..1; target is usually, too. Throws ShapeError, DTypeError, ConfigError:
///   "[binary_cross_entropy] input: 1.5 at [2]; expected probabilities in 0..1; of logits use
///   binary_cross_entropy_with_logits"
/// Source: torch.nn.functional.binary_cross_entropy. Differs: PyTorch takes no whole targets; its
/// gradient of the target is not limited to 100.
Variable binary_cross_entropy(Operand input, Operand target,
                              const WeightedLossOptions& options = {});

struct BCELoss : LossModule<WeightedLossOptions, binary_cross_entropy> {
  using LossModule::LossModule;
};

/// weight: of each element, pos_weight: of the part with log p, both constants; undefined for 1.
struct BCEWithLogitsOptions {
  Tensor weight = {}, pos_weight = {};
  Reduction reduction = Reduction::kMean;
};

/// l = -w (pos_weight t log s(x) + (1 - t) log(1 - s(x))) in nats, with x = input, t = target and
/// the sigmoid s, reduced; computed without overflow and with all digits at both ends.
/// Shapes: input and target [...] alike, weight and pos_weight broadcast to it  ->  [], unreduced
/// [...]. Throws ShapeError, DTypeError. Source: torch.nn.functional's of this name.
Variable binary_cross_entropy_with_logits(Operand input, Operand target,
                                          const BCEWithLogitsOptions& options = {});

struct BCEWithLogitsLoss : LossModule<BCEWithLogitsOptions, binary_cross_entropy_with_logits> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
