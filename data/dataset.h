#pragma once
#include <cstdint>

#include "tensor/tensor.h"

namespace gradus::data {

/// Samples in rows: row i of `features` belongs to row i of `targets`.
/// Shapes: features [N, ...], targets [N, ...].
struct Dataset {
  Tensor features;
  Tensor targets;

  /// N.
  std::int64_t size() const { return features.dim(0); }

  /// The first n rows, as views. 1 <= n <= N. Throws ConfigError:
  ///   "[dataset] head: 9 rows; expected 1..4"
  Dataset head(std::int64_t n) const;
};

/// Throws ShapeError unless both tensors have rows and the same number of them:
///   "[dataset] features is [4, 2] and targets is [3, 1]: 4 and 3 rows; expected one target per
///   row"
///   "[dataset] features: 0-d tensor; expected one sample per row"
/// ConfigError for no rows:
///   "[dataset] features: shape [0, 2] has no rows; expected at least one"
/// and Error for undefined tensors, as every operation does.
void check_dataset(const Dataset& dataset);

}  // namespace gradus::data
