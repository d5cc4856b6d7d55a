#pragma once
#include "tensor/tensor.h"

namespace gradus::data {

/// What it takes to bring columns to mean 0 and standard deviation 1, and new rows with them.
///   z = (x - mean) / std,   std = sqrt(mean over rows of (x - mean)^2)   (population, ddof 0)
/// Shapes: x [N, ...]  ->  mean, std [...], float64.
struct Standardizer {
  Tensor mean;
  Tensor std;

  /// Statistics over axis 0, computed in float64.
  /// Throws ShapeError (0-d, no rows), DTypeError (not floating), ConfigError for a column that
  /// cannot be scaled; columns are counted from 0, in row-major order when a row has several axes:
  ///   "[standardize] column 2: constant (every row is 71.3); expected at least two values; drop
  ///   it"
  ///   "[standardize] column 0: mean is nan; expected finite numbers"
  static Standardizer fit(const Tensor& x);

  /// z for rows with the same columns; computed in float64, in the dtype of x.
  /// Throws ShapeError, DTypeError:
  ///   "[standardize] x: shape [4, 3]; expected rows of shape [2], as in fit"
  Tensor apply(const Tensor& x) const;
};

/// fit(x).apply(x). Throws as both do.
Tensor standardize(const Tensor& x);

}  // namespace gradus::data
