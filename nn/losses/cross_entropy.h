#pragma once
#include "autograd/ops/cross_entropy.h"
#include "nn/losses/loss.h"

namespace gradus::nn {

/// The loss of classifiers from logits, see autograd/ops/cross_entropy.h.
using gradus::cross_entropy;

struct CrossEntropyLoss : LossModule<CrossEntropyOptions, gradus::cross_entropy> {
  using LossModule::LossModule;
};

}  // namespace gradus::nn
