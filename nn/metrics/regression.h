#pragma once
#include "autograd/variable.h"
#include "nn/metrics/running_mean.h"

namespace gradus::nn {

/// How well numbers are predicted, over all batches: the mean absolute error and R^2 = 1 - sum (y -
/// prediction)^2 / sum (y - mean y)^2, which is 1 at best, 0 for the mean of the targets, and for
/// targets that are all equal 1 if right, else 0, as in scikit-learn.
/// The squares around the mean are updated as in Chan, Golub & LeVeque 1983, so that a large mean
/// costs no digits.
class RegressionError {
 public:
  /// Shapes: prediction and target [...] alike. Throws ShapeError:
  ///   "[RegressionError] prediction is [10, 1] and target is [10]; expected equal shapes; use
  ///   reshape"
  void update(const Variable& prediction, const Variable& target);
  double mean_absolute_error() const { return absolute_.compute(); }
  double mean_squared_error() const { return squared_.compute(); }
  double r2() const;
  void reset() { *this = RegressionError(); }

 private:
  RunningMean absolute_, squared_;
  double mean_ = 0, spread_ = 0;  // of the targets
};

}  // namespace gradus::nn
