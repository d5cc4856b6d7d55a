#pragma once
#include <string>

#include "autograd/ops/mean_squared_error.h"

namespace gradus::nn {

/// The shapes of a loss must be equal: broadcasting [N, 1] against [N] would give [N, N] silently.
inline void check_same_shape(const char* loss, const Variable& prediction, const Variable& target) {
  if (prediction.shape() == target.shape()) return;
  throw ShapeError("[" + std::string(loss) + "] prediction is " + to_string(prediction.shape()) +
                   " and target is " + to_string(target.shape()) +
                   "; expected equal shapes; use reshape");
}

/// Mean squared error, 1/n sum (prediction - target)^2 over all n elements, as torch's mse_loss.
/// Shapes: both [...] alike  ->  []. Throws ShapeError:
///   "[mse_loss] prediction is [10, 1] and target is [10]; expected equal shapes; use reshape"
inline Variable mse_loss(Operand prediction, Operand target) {
  check_same_shape("mse_loss", prediction.variable, target.variable);
  return mean_squared_error(std::move(prediction), std::move(target), 1);
}

}  // namespace gradus::nn
