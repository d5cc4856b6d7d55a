#pragma once
#include "nn/losses/mse.h"

namespace gradus::nn {

/// Half the mean squared error, 1/n sum (prediction - target)^2 / 2 over all n elements: the loss
/// of the textbook, whose gradient has no factor 2. Shapes: both [...] alike  ->  []. Throws
/// ShapeError as mse_loss does. Source: Zhang et al., Dive into Deep Learning, section 3.1.
inline Variable half_mse_loss(Operand prediction, Operand target) {
  check_same_shape("half_mse_loss", prediction.variable, target.variable);
  return mean_squared_error(std::move(prediction), std::move(target), 0.5);
}

}  // namespace gradus::nn
