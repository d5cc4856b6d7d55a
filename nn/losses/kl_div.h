#pragma once
#include "nn/losses/loss.h"

namespace gradus::nn {

/// kBatchMean: the sum divided by the size of the first axis, which is the divergence of the
/// distributions; kMean divides by the number of elements.
enum class KLDivReduction { kNone, kMean, kSum, kBatchMean };

/// log_target: whether target holds logarithms of probabilities too.
struct KLDivOptions {
  KLDivReduction reduction = KLDivReduction::kMean;
  bool log_target = false;
};

/// Kullback-Leibler divergence of the distribution q from p = target: l = p (log p - input) in
/// nats, with input = log q; 0 where p = 0. With log_target l = e^target (target - input).
/// Shapes: input and target [...] alike  ->  [], unreduced [...]. Throws ShapeError, DTypeError.
/// Source: Kullback & Leibler 1951; torch.nn.functional.kl_div. The default is PyTorch's; take
/// KLDivReduction::kBatchMean for the divergence of the mathematicians.
Variable kl_div(Operand input, Operand target, const KLDivOptions& options = {});

struct KLDivLoss : LossModule<KLDivOptions, kl_div> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
