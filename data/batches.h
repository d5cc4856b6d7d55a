#pragma once
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "data/dataset.h"
#include "tensor/random.h"

namespace gradus::data {

/// In which order an epoch visits its n samples. A pure function of n and the epoch number: the
/// same on every call, whatever the number of threads and whether earlier epochs were run.
class Order {
 public:
  /// 0, 1, ..., n - 1 in every epoch.
  static Order natural() { return Order(); }
  /// Sample (a*i + b*epoch) mod n at position i.
  static Order stride(std::int64_t a, std::int64_t b);
  /// A new random permutation for each epoch, from seed and position of `generator`. They share no
  /// random number with tensors that are drawn from the same generator.
  static Order shuffle(const Generator& generator);

  /// The order that an option names: "natural", "shuffle" or "stride:A,B" with integers A and B.
  /// Throws ConfigError:
  ///   "[order] name: 'sorted'; expected shuffle, natural or stride:A,B with integers A and B"
  static Order parse(std::string_view name, const Generator& generator);

  bool is_natural() const { return kind_ == Kind::kNatural; }

  /// Throws ConfigError when the order does not visit each of n samples once:
  ///   "[order] stride: 6 and the number of samples, 1500, have the common divisor 6; expected
  /// none, else samples are left out"
  void check(std::int64_t n) const;

  /// The samples of an epoch. Shapes: int64 [n]. n >= 1, epoch >= 0. Throws as check does.
  Tensor indices(std::int64_t n, std::int64_t epoch) const;

 private:
  enum class Kind { kNatural, kStride, kShuffle };

  Kind kind_ = Kind::kNatural;
  std::int64_t a_ = 1, b_ = 0;
  std::uint64_t seed_ = 0, position_ = 0;
};

/// Cuts a data set into batches:
///   for (const auto& batch : batches.epoch(e)) loss = f(batch.x, batch.y);
/// In natural order batches are views of the data set; else rows are gathered, many batches at a
/// time, and batches are views of those copies.
class Batches {
 public:
  /// Shapes: x [B, ...], y [B, ...] with B = batch_size, less in the last one if N % B != 0.
  using Batch = data::Batch;
  class Iterator;
  class Epoch;

  /// drop_last leaves out a last batch with fewer than batch_size samples.
  /// Throws what check_dataset and Order::check throw, and ConfigError:
  ///   "[batches] batch_size: 0; expected 1..1500, the number of samples"
  Batches(TensorDataset dataset, std::int64_t batch_size, Order order, bool drop_last = false);

  /// The batches of one epoch, to be iterated. Throws ConfigError for epoch < 0:
  ///   "[batches] epoch: -1; expected >= 0"
  Epoch epoch(std::int64_t epoch) const;

  /// Batches in an epoch.
  std::int64_t size() const { return (samples_ + batch_size_ - 1) / batch_size_; }
  std::int64_t batch_size() const { return batch_size_; }
  /// Samples that an epoch visits.
  std::int64_t samples() const { return samples_; }
  const TensorDataset& dataset() const { return dataset_; }

 private:
  TensorDataset dataset_;
  std::int64_t batch_size_, samples_;
  Order order_;
};

/// Walks over one epoch. A batch lives until the next one is asked for; a copy of it lives on.
class Batches::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  const Batch& operator*() const { return batch_; }
  const Batch* operator->() const { return &batch_; }
  Iterator& operator++() {
    load(end_);
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return begin_ >= samples_; }

 private:
  friend class Epoch;
  Iterator(const Batches& batches, Tensor index);
  void load(std::int64_t begin);

  TensorDataset dataset_;
  Tensor index_;  // undefined in natural order
  std::int64_t batch_size_, samples_, block_rows_;
  // Positions in the epoch: of the gathered rows, and of the batch.
  std::int64_t block_begin_ = 0, block_end_ = 0, begin_ = 0, end_ = 0;
  Batch block_;
  Batch batch_;
};

/// A range over the batches of one epoch; it keeps the data set alive.
class Batches::Epoch {
 public:
  Iterator begin() const { return Iterator(batches_, index_); }
  std::default_sentinel_t end() const { return {}; }
  std::int64_t size() const { return batches_.size(); }

 private:
  friend class Batches;
  Epoch(Batches batches, Tensor index) : batches_(std::move(batches)), index_(std::move(index)) {}

  Batches batches_;
  Tensor index_;
};

}  // namespace gradus::data
