#include "data/compose.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>

namespace gradus::data {
namespace {

using std::to_string;

void need(const char* op, const DatasetRef& dataset) {
  if (dataset == nullptr) {
    throw ConfigError("[" + std::string(op) + "] dataset: none; expected a data set");
  }
}

void check_index(const char* op, std::int64_t i, std::int64_t n) {
  if (i >= 0 && i < n) return;
  throw IndexError("[" + std::string(op) + "] sample: " + to_string(i) + "; expected 0.." +
                   to_string(n - 1));
}

// Batches of a data set of a kind of its own are made by it, also when it is read through others.
struct Around : Dataset {
  explicit Around(DatasetRef inner) : inner(std::move(inner)) {}
  std::int64_t size() const override { return inner->size(); }
  Batch collate(std::span<const Sample> samples) const override { return inner->collate(samples); }
  DatasetRef inner;
};

struct Subset final : Around {
  Subset(DatasetRef inner, std::vector<std::int64_t> rows)
      : Around(std::move(inner)), rows(std::move(rows)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(rows.size()); }
  Sample at(std::int64_t i, Generator& rng) const override {
    check_index("subset", i, size());
    return inner->at(rows[static_cast<std::size_t>(i)], rng);
  }
  std::vector<std::int64_t> rows;
};

struct Concat final : Around {
  explicit Concat(std::vector<DatasetRef> all) : Around(all.front()), parts(std::move(all)) {
    for (const auto& part : parts) ends.push_back((ends.empty() ? 0 : ends.back()) + part->size());
  }
  std::int64_t size() const override { return ends.back(); }
  Sample at(std::int64_t i, Generator& rng) const override {
    check_index("concat", i, size());
    const auto part = std::upper_bound(ends.begin(), ends.end(), i) - ends.begin();
    const auto k = static_cast<std::size_t>(part);
    return parts[k]->at(k == 0 ? i : i - ends[k - 1], rng);
  }
  std::vector<DatasetRef> parts;
  std::vector<std::int64_t> ends;  // number of samples up to and with each part
};

struct Transform final : Around {
  Transform(DatasetRef inner, std::function<Sample(Sample, Generator&)> f)
      : Around(std::move(inner)), f(std::move(f)) {}
  Sample at(std::int64_t i, Generator& rng) const override { return f(inner->at(i, rng), rng); }
  // What f gives may have another form than what the data set collates.
  Batch collate(std::span<const Sample> samples) const override {
    return Dataset::collate(samples);
  }
  std::function<Sample(Sample, Generator&)> f;
};

struct Cache final : Around {
  explicit Cache(DatasetRef inner)
      : Around(std::move(inner)), samples(static_cast<std::size_t>(Around::size())) {}
  Sample at(std::int64_t i, Generator& rng) const override {
    check_index("cache", i, size());
    std::optional<Sample>& kept = samples[static_cast<std::size_t>(i)];
    {
      const std::lock_guard lock(mutex);
      if (kept) return *kept;
    }
    // Reading is not locked: two threads may read the same sample at once, and the first stays.
    Sample read = inner->at(i, rng);
    const std::lock_guard lock(mutex);
    if (!kept) kept = std::move(read);
    return *kept;
  }
  mutable std::mutex mutex;
  mutable std::vector<std::optional<Sample>> samples;
};

}  // namespace

DatasetRef subset(DatasetRef dataset, std::vector<std::int64_t> rows) {
  need("subset", dataset);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= 0 && rows[i] < dataset->size()) continue;
    throw IndexError("[subset] rows: " + to_string(rows[i]) + " at " + to_string(i) +
                     "; expected 0.." + to_string(dataset->size() - 1));
  }
  return std::make_shared<Subset>(std::move(dataset), std::move(rows));
}

std::vector<DatasetRef> random_split(const DatasetRef& dataset, const std::vector<double>& sizes,
                                     Generator& generator) {
  need("random_split", dataset);
  const std::int64_t n = dataset->size();
  const double total = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  const bool fractions = std::fabs(total - 1) < 1e-6 && !(n == 1 && sizes.size() == 1);
  std::vector<std::int64_t> counts;
  bool whole = true;
  for (const double size : sizes) {
    whole = whole && size >= 0 && (fractions || size == std::floor(size));
    counts.push_back(static_cast<std::int64_t>(
        std::floor(std::clamp(fractions ? size * static_cast<double>(n) : size, 0.0, 1e15))));
  }
  std::int64_t left = n - std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  if (fractions) {
    for (std::size_t i = 0; left > 0; i = (i + 1) % counts.size(), --left) ++counts[i];
  }
  if (!whole || left != 0) {
    throw ConfigError("[random_split] sizes: add up to " + to_text(total) + "; expected " +
                      to_string(n) +
                      ", the number of samples, or fractions adding up to 1; none negative");
  }
  const Tensor order = permutation(n, generator);
  const auto* next = n > 0 ? order.data<std::int64_t>() : nullptr;
  std::vector<DatasetRef> parts;
  for (const std::int64_t count : counts) {
    parts.push_back(subset(dataset, std::vector<std::int64_t>(next, next + count)));
    next += count;
  }
  return parts;
}

DatasetRef concat(std::vector<DatasetRef> datasets) {
  if (datasets.empty()) throw ConfigError("[concat] datasets: none; expected at least one");
  for (const auto& dataset : datasets) need("concat", dataset);
  return std::make_shared<Concat>(std::move(datasets));
}

DatasetRef transform(DatasetRef dataset, std::function<Sample(Sample, Generator&)> f) {
  need("transform", dataset);
  return std::make_shared<Transform>(std::move(dataset), std::move(f));
}

DatasetRef cache(DatasetRef dataset) {
  need("cache", dataset);
  return std::make_shared<Cache>(std::move(dataset));
}

}  // namespace gradus::data
