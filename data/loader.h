#pragma once
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "data/batches.h"
#include "data/dataset.h"
#include "data/iterable.h"

namespace gradus::data {

/// Which samples an epoch visits, in order. Shapes: epoch -> int64 [n]. A pure function, so that
/// an epoch can be seen again, from any batch on.
using Sampler = std::function<Tensor(std::int64_t epoch)>;

/// n numbers per epoch, drawn in proportion to the weights: rare classes more often.
/// Shapes: weights [N]. Throws as multinomial does.
Sampler weighted_sampler(const Tensor& weights, std::int64_t n, std::uint64_t seed,
                         bool replacement = true);

struct LoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;               ///< a new order in each epoch; else 0, 1, ...
  bool drop_last = false;             ///< leaves out a last batch with fewer samples
  int workers = 0;                    ///< threads that make batches; 0: the caller's
  int prefetch = 2;                   ///< batches that each of them makes in advance
  std::uint64_t seed = 0;             ///< of the order and of what is random in samples
  Sampler sampler = {};               ///< instead of shuffle
  std::optional<Device> device = {};  ///< batches are moved there; else they stay where they are
  std::function<Batch(std::span<const Sample>)> collate = {};  ///< instead of the data set's
};

/// Cuts a data set into batches, which threads may make in advance:
///   DataLoader loader(mnist(Split::kTrain), {.batch_size = 64, .shuffle = true});
///   for (const Batch& batch : loader.epoch(e)) loss = f(batch.x, batch.y);
/// Batches depend on data set, options and epoch number alone: not on the workers, nor on how far
/// earlier epochs were walked. So (epoch, batch) is all that a checkpoint has to keep.
/// What a data set throws reaches the caller at the batch where it happened, with its type and the
/// number of the sample: "... (in sample 17)"; the epoch has then ended. Other exceptions than
/// gradus::Error are nested in one.
class DataLoader {
 public:
  class Iterator;
  class Epoch;

  /// Throws ConfigError:
  ///   "[loader] batch_size: 0; expected >= 1"
  ///   "[loader] workers: -1; expected 0..256"
  ///   "[loader] prefetch: 0; expected 1..1024"
  ///   "[loader] shuffle, sampler: both; expected one of them"
  ///   "[loader] dataset: 0 samples; expected at least one"
  DataLoader(DatasetRef dataset, LoaderOptions options = {});
  /// Shuffling needs numbers, so it is a ConfigError here, as is a sampler.
  DataLoader(std::shared_ptr<const IterableDataset> dataset, LoaderOptions options = {});
  template <class D>
  requires std::is_base_of_v<Dataset, D> DataLoader(D dataset, LoaderOptions options = {})
      : DataLoader(share(std::move(dataset)), std::move(options)) {}

  /// The batches of one epoch from number `first_batch` on. Throws ConfigError for numbers < 0 or
  /// behind the last batch; IndexError for a sampler that leads outside of the data set.
  Epoch epoch(std::int64_t epoch, std::int64_t first_batch = 0) const;

  /// Batches in an epoch; -1 for a data set without numbers, or with a sampler, of which only an
  /// epoch knows.
  std::int64_t size() const;
  const LoaderOptions& options() const { return options_; }

 private:
  friend class LoaderRun;
  DatasetRef dataset_;
  std::shared_ptr<const IterableDataset> iterable_;
  LoaderOptions options_;
};

class LoaderRun;

/// A range over the batches of one epoch. Threads start with begin() and end with its iterator.
class DataLoader::Epoch {
 public:
  Iterator begin() const;
  std::default_sentinel_t end() const { return {}; }

 private:
  friend class DataLoader;
  std::function<std::shared_ptr<LoaderRun>()> start_;
};

class DataLoader::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  const Batch& operator*() const { return batch_; }
  const Batch* operator->() const { return &batch_; }
  Iterator& operator++();
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return run_ == nullptr; }

 private:
  friend class Epoch;
  explicit Iterator(std::shared_ptr<LoaderRun> run);

  std::shared_ptr<LoaderRun> run_;  // null at the end
  Batch batch_;
};

}  // namespace gradus::data
