#include "nn/metrics/regression.h"

#include <limits>
#include <string>

#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/square.h"
#include "tensor/elementwise/sub.h"
#include "tensor/reduce.h"

namespace gradus::nn {

void RegressionError::update(const Variable& prediction, const Variable& target) {
  check_defined("RegressionError", "prediction", prediction.value());
  check_defined("RegressionError", "target", target.value());
  if (prediction.shape() != target.shape()) {
    throw ShapeError("[RegressionError] prediction is " + to_string(prediction.shape()) +
                     " and target is " + to_string(target.shape()) +
                     "; expected equal shapes; use reshape");
  }
  const Tensor y = target.value().to(kFloat64);
  if (y.numel() == 0) return;
  const Tensor apart = y - prediction.value().to(kFloat64);
  const double n = static_cast<double>(y.numel()), before = absolute_.weight();
  absolute_.update(mean(abs(apart)).item(), n);
  squared_.update(mean(square(apart)).item(), n);
  const double own = mean(y).item(), shift = own - mean_;
  spread_ += sum(square(y - own)).item() + shift * shift * before * n / (before + n);
  mean_ += shift * n / (before + n);
}

double RegressionError::r2() const {
  const double rest = squared_.compute() * squared_.weight();
  if (squared_.weight() == 0) return std::numeric_limits<double>::quiet_NaN();
  if (spread_ == 0) return rest == 0 ? 1 : 0;
  return 1 - rest / spread_;
}

}  // namespace gradus::nn
