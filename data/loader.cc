#include "data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tensor/philox.h"

namespace gradus::data {
namespace {

using std::to_string;

void check_range(const char* option, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  throw ConfigError("[loader] " + std::string(option) + ": " + to_string(value) + "; expected " +
                    to_string(low) + ".." + to_string(high));
}

void check_options(const LoaderOptions& o) {
  if (o.batch_size < 1) {
    throw ConfigError("[loader] batch_size: " + to_string(o.batch_size) + "; expected >= 1");
  }
  check_range("workers", o.workers, 0, 256);
  check_range("prefetch", o.prefetch, 1, 1024);
  if (o.shuffle && o.sampler) {
    throw ConfigError("[loader] shuffle, sampler: both; expected one of them");
  }
}

// A stream of numbers for each sample of each epoch, apart from those of Order and of Generator.
Generator sample_generator(std::uint64_t seed, std::int64_t epoch, std::int64_t position) {
  constexpr std::uint32_t kOwn = 0x80000000;
  const auto e = static_cast<std::uint64_t>(epoch), p = static_cast<std::uint64_t>(position);
  const auto words =
      philox({static_cast<std::uint32_t>(p), static_cast<std::uint32_t>(p >> 32),
              static_cast<std::uint32_t>(e), static_cast<std::uint32_t>(e >> 32) | kOwn},
             {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return Generator(std::uint64_t{words[0]} << 32 | words[1]);
}

// Calls f, and says in what it throws that it was sample i.
template <class F>
auto naming_sample(std::int64_t i, F&& f) {
  const std::string part = "sample " + to_string(i);
  try {
    return f();
  } catch (Error& error) {
    error.add_outer_part(part);
    throw;
  } catch (const std::exception& error) {
    std::throw_with_nested(Error("[loader] " + part + ": " + error.what()));
  }
}

std::int64_t count_batches(std::int64_t n, const LoaderOptions& o) {
  return o.drop_last ? n / o.batch_size : (n + o.batch_size - 1) / o.batch_size;
}

}  // namespace

/// One walk over an epoch. Batches are numbered; workers claim the next one, make it, and put it in
/// its place in a ring, out of which they are taken in order.
class LoaderRun {
 public:
  LoaderRun(const DataLoader& loader, std::int64_t epoch, std::int64_t first, Tensor order)
      : loader_(loader), epoch_(epoch), claimed_(first), taken_(first), order_(std::move(order)) {
    if (order_.defined()) {
      last_ = count_batches(order_.numel(), options());
    } else {
      walk_ = loader_.iterable_->open(epoch);
      for (std::int64_t i = 0; i < first * options().batch_size && walk_(); ++i) {
      }
    }
    ring_.resize(static_cast<std::size_t>(std::max(1, options().workers * options().prefetch)));
    for (int i = 0; i < options().workers; ++i) threads_.emplace_back([this] { work(); });
  }

  ~LoaderRun() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  LoaderRun(const LoaderRun&) = delete;
  LoaderRun& operator=(const LoaderRun&) = delete;

  /// The next batch, or nothing at the end.
  std::optional<Batch> next() {
    auto batch = next_made();
    if (batch && options().device) {  // in the caller's thread, whose device it is
      for (Tensor* x : {&batch->x, &batch->y}) {
        if (x->defined()) *x = x->to(*options().device);
      }
    }
    return batch;
  }

 private:
  std::optional<Batch> next_made() {
    if (options().workers == 0) {
      if (taken_ >= last_) return std::nullopt;
      return make(read(taken_++));
    }
    std::unique_lock lock(mutex_);
    Place& place = ring_[static_cast<std::size_t>(taken_) % ring_.size()];
    made_.wait(lock, [&] { return place.made || taken_ >= last_; });
    if (!place.made) return std::nullopt;
    Place got = std::exchange(place, {});
    ++taken_;
    lock.unlock();
    room_.notify_all();
    if (got.error) std::rethrow_exception(got.error);
    return std::move(got.batch);
  }

  // What is to be done for a batch: numbers of samples, or the samples.
  struct Task {
    std::int64_t batch = 0;
    Tensor rows;
    std::vector<Sample> samples;
    bool empty() const { return !rows.defined() && samples.empty(); }
  };
  struct Place {
    bool made = false;
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  const LoaderOptions& options() const { return loader_.options_; }

  // Under the lock where there are workers: samples without numbers come in order.
  Task read(std::int64_t batch) {
    Task task{batch, {}, {}};
    const std::int64_t begin = batch * options().batch_size;
    if (order_.defined()) {
      task.rows = order_.slice(0, {begin, std::min(begin + options().batch_size, order_.numel())});
      return task;
    }
    for (std::int64_t i = begin; i < begin + options().batch_size; ++i) {
      auto sample = naming_sample(i, [&] { return walk_(); });
      if (!sample) break;
      task.samples.push_back(std::move(*sample));
    }
    const auto got = static_cast<std::int64_t>(task.samples.size());
    if (got < options().batch_size) last_ = batch + (got > 0 && !options().drop_last ? 1 : 0);
    if (batch >= last_) task.samples.clear();
    return task;
  }

  std::optional<Batch> make(Task task) const {
    if (task.empty()) return std::nullopt;
    if (task.rows.defined()) {
      const auto* tensors = dynamic_cast<const TensorDataset*>(loader_.dataset_.get());
      if (tensors != nullptr && !options().collate) return tensors->rows(task.rows);
      const auto* row = task.rows.data<std::int64_t>();
      for (std::int64_t i = 0; i < task.rows.numel(); ++i) {
        Generator rng =
            sample_generator(options().seed, epoch_, task.batch * options().batch_size + i);
        task.samples.push_back(
            naming_sample(row[i], [&] { return loader_.dataset_->at(row[i], rng); }));
      }
    }
    if (options().collate) return options().collate(task.samples);
    return loader_.dataset_ ? loader_.dataset_->collate(task.samples)
                            : loader_.iterable_->collate(task.samples);
  }

  void work() {
    const auto ring = static_cast<std::int64_t>(ring_.size());
    std::unique_lock lock(mutex_);
    while (true) {
      room_.wait(lock, [&] { return stop_ || claimed_ >= last_ || claimed_ < taken_ + ring; });
      if (stop_ || claimed_ >= last_) break;
      const std::int64_t batch = claimed_++;
      Place made{true, {}, {}};
      try {
        Task task = read(batch);
        lock.unlock();
        made.batch = make(std::move(task));
      } catch (...) {
        made.error = std::current_exception();
      }
      if (!lock.owns_lock()) lock.lock();
      if (made.error) last_ = std::min(last_, batch + 1);
      if (made.error || made.batch) {
        ring_[static_cast<std::size_t>(batch) % ring_.size()] = std::move(made);
      }
      made_.notify_all();
    }
    made_.notify_all();
    room_.notify_all();
  }

  const DataLoader loader_;
  const std::int64_t epoch_;
  std::int64_t claimed_, taken_, last_ = std::numeric_limits<std::int64_t>::max();
  Tensor order_;
  IterableDataset::Walk walk_;
  bool stop_ = false;
  std::vector<Place> ring_;
  std::mutex mutex_;
  std::condition_variable made_, room_;
  std::vector<std::thread> threads_;
};

DataLoader::DataLoader(DatasetRef dataset, LoaderOptions options)
    : dataset_(std::move(dataset)), options_(std::move(options)) {
  check_options(options_);
  if (dataset_ == nullptr || dataset_->size() < 1) {
    throw ConfigError("[loader] dataset: 0 samples; expected at least one");
  }
  if (const auto* tensors = dynamic_cast<const TensorDataset*>(dataset_.get())) {
    if (tensors->targets.defined()) check_dataset(*tensors);
  }
}

DataLoader::DataLoader(std::shared_ptr<const IterableDataset> dataset, LoaderOptions options)
    : iterable_(std::move(dataset)), options_(std::move(options)) {
  check_options(options_);
  if (options_.shuffle || options_.sampler) {
    throw ConfigError(
        "[loader] shuffle, sampler: given; expected none for a data set whose samples have no "
        "numbers; shuffle where they are made");
  }
}

std::int64_t DataLoader::size() const {
  return iterable_ || options_.sampler ? -1 : count_batches(dataset_->size(), options_);
}

DataLoader::Epoch DataLoader::epoch(std::int64_t epoch, std::int64_t first_batch) const {
  if (epoch < 0) throw ConfigError("[loader] epoch: " + to_string(epoch) + "; expected >= 0");
  Tensor order;
  std::int64_t batches = std::numeric_limits<std::int64_t>::max();
  if (dataset_) {
    const std::int64_t n = dataset_->size();
    if (options_.sampler) {
      order = options_.sampler(epoch).to(kInt64).contiguous();
      for (const double i : order.to_vector()) {
        if (i >= 0 && i < static_cast<double>(n)) continue;
        throw IndexError("[loader] sampler: sample " + to_text(i) + "; expected 0.." +
                         to_string(n - 1));
      }
    } else {
      order = (options_.shuffle ? Order::shuffle(Generator(options_.seed)) : Order::natural())
                  .indices(n, epoch);
    }
    batches = count_batches(order.numel(), options_);
  }
  if (first_batch < 0 || first_batch > batches) {
    throw ConfigError("[loader] first_batch: " + to_string(first_batch) + "; expected 0.." +
                      to_string(batches));
  }
  Epoch range;
  range.start_ = [loader = *this, epoch, first_batch, order] {
    return std::make_shared<LoaderRun>(loader, epoch, first_batch, order);
  };
  return range;
}

DataLoader::Iterator DataLoader::Epoch::begin() const { return Iterator(start_()); }

DataLoader::Iterator::Iterator(std::shared_ptr<LoaderRun> run) : run_(std::move(run)) { ++*this; }

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  // What is thrown ends the walk: threads are joined, and nothing comes after it.
  const std::shared_ptr<LoaderRun> run = std::exchange(run_, nullptr);
  auto next = run->next();
  if (!next) return *this;
  batch_ = std::move(*next);
  run_ = run;
  return *this;
}

Sampler weighted_sampler(const Tensor& weights, std::int64_t n, std::uint64_t seed,
                         bool replacement) {
  Generator once(seed);
  multinomial(weights, n, replacement, once);  // throws now what an epoch would throw
  return [weights = weights.clone(), n, seed, replacement](std::int64_t epoch) {
    Generator generator = sample_generator(seed, epoch, -1);
    return multinomial(weights, n, replacement, generator);
  };
}

Batch IterableDataset::collate(std::span<const Sample> samples) const {
  struct Plain final : Dataset {
    std::int64_t size() const override { return 0; }
    Sample at(std::int64_t, Generator&) const override { return {}; }
  };
  return Plain().collate(samples);
}

std::shared_ptr<const IterableDataset> iterable(
    std::function<std::optional<Sample>(std::int64_t, std::int64_t)> f) {
  struct Made final : IterableDataset {
    Walk open(std::int64_t epoch) const override {
      return [f = f, epoch, i = std::int64_t{0}]() mutable { return f(epoch, i++); };
    }
    std::function<std::optional<Sample>(std::int64_t, std::int64_t)> f;
  };
  auto made = std::make_shared<Made>();
  made->f = std::move(f);
  return made;
}

}  // namespace gradus::data
