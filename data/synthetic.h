#pragma once
#include "data/dataset.h"
#include "tensor/random.h"

namespace gradus::data {

/// A linear regression problem with a known answer.
///   X_ij ~ N(0, 1),   y = X w + b + e,   e_i ~ N(0, noise_std^2)
/// X is drawn first, then e. Everything has the dtype of w.
/// Shapes: w [d] or [d, 1]  ->  features X [n, d], targets y [n, 1].
/// Throws ShapeError for another shape of w or no weights, DTypeError (w not floating),
/// ConfigError:
///   "[synthetic_regression] n: 0; expected >= 1"
///   "[synthetic_regression] noise_std: -1; expected a finite number >= 0"
/// Source: Zhang, Lipton, Li, Smola, "Dive into Deep Learning", section 3.3.
TensorDataset synthetic_regression(const Tensor& w, double b, std::int64_t n, double noise_std,
                                   Generator& generator);

}  // namespace gradus::data
