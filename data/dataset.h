#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace gradus::data {

/// One sample: what goes into a model and what should come out. y is undefined where there is none.
struct Sample {
  Tensor x, y;
};
/// Samples in rows. Shapes: x [B, ...], y [B, ...].
using Batch = Sample;

/// Samples by number ("map-style"). Reading changes nothing, so that several threads may read.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;
  /// Sample i, 0 <= i < size(). What is random in it (a crop, a flip) is drawn from rng, so the
  /// same generator gives the same sample. Throws IndexError.
  virtual Sample at(std::int64_t i, Generator& rng) const = 0;

  /// For those who want samples of a kind of their own: how they become a batch. By default
  /// tensors of equal shapes become rows of one. Throws ShapeError:
  ///   "[dataset] x of sample 1 is [3] and of sample 0 is [2]; expected equal shapes; give the
  ///   loader a collate function"
  virtual Batch collate(std::span<const Sample> samples) const;
};

using DatasetRef = std::shared_ptr<const Dataset>;

/// A data set that several others may hold: share(mnist(Split::kTrain)).
template <class D>
DatasetRef share(D dataset) {
  return std::make_shared<const D>(std::move(dataset));
}

/// Samples in the rows of two tensors: row i of `features` belongs to row i of `targets`.
/// Shapes: features [N, ...], targets [N, ...].
struct TensorDataset final : Dataset {
  TensorDataset() = default;
  TensorDataset(Tensor features, Tensor targets)
      : features(std::move(features)), targets(std::move(targets)) {}

  Tensor features;
  Tensor targets;

  /// N.
  std::int64_t size() const override { return features.dim(0); }
  Sample at(std::int64_t i, Generator& rng) const override;
  /// The rows of these numbers, copied to where the tensors are. Shapes: rows int64 [B].
  Batch rows(const Tensor& rows) const;

  /// The first n rows, as views. 1 <= n <= N. Throws ConfigError:
  ///   "[dataset] head: 9 rows; expected 1..4"
  TensorDataset head(std::int64_t n) const;
};

/// Throws ShapeError unless both tensors have rows and the same number of them:
///   "[dataset] features is [4, 2] and targets is [3, 1]: 4 and 3 rows; expected one target per
///   row"
///   "[dataset] features: 0-d tensor; expected one sample per row"
/// ConfigError for no rows:
///   "[dataset] features: shape [0, 2] has no rows; expected at least one"
/// and Error for undefined tensors, as every operation does.
void check_dataset(const TensorDataset& dataset);

}  // namespace gradus::data
