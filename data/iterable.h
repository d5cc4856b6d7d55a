#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "data/dataset.h"

namespace gradus::data {

/// Samples that come one after the other and have no number: a stream, a file that is too large, a
/// generator of new problems ("iterable").
class IterableDataset {
 public:
  /// Gives the next sample, or nothing at the end, and from then on.
  using Walk = std::function<std::optional<Sample>()>;

  virtual ~IterableDataset() = default;
  /// One epoch from its beginning: the same samples for the same epoch number.
  virtual Walk open(std::int64_t epoch) const = 0;
  /// See Dataset::collate.
  virtual Batch collate(std::span<const Sample> samples) const;
};

/// Samples from a function of (epoch, number of the sample), which gives nothing at the end.
///   iterable([](std::int64_t epoch, std::int64_t i) -> std::optional<Sample> { ... })
std::shared_ptr<const IterableDataset> iterable(
    std::function<std::optional<Sample>(std::int64_t epoch, std::int64_t i)> f);

}  // namespace gradus::data
