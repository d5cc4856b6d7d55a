#pragma once
#include "nn/losses/mse.h"

namespace gradus::nn {

/// Half the squared error, l = (input - target)^2 / 2 of each element, reduced: the loss of the
/// textbook, whose gradient has no factor 2. Shapes and errors as mse_loss. Source: Zhang et al.,
/// Dive into Deep Learning, section 3.1.
inline Variable half_mse_loss(Operand input, Operand target, const LossOptions& options = {}) {
  return squared_error("half_mse_loss", std::move(input), std::move(target), 0.5,
                       {.reduction = options.reduction});
}

}  // namespace gradus::nn
