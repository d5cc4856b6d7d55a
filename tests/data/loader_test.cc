#include "data/loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "data/compose.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::data {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

// Sample i is i and its target 10 i.
TensorDataset counted(std::int64_t n) {
  const Tensor x = arange(n, kFloat64);
  return {x.reshape({n, 1}), (x.to(kInt64) * 10).to(kInt64)};
}

// The same, made one by one, each with a random number of its own; some say that they fail.
struct Made final : Dataset {
  explicit Made(std::int64_t n, std::int64_t bad = -1) : n(n), bad(bad) {}
  std::int64_t size() const override { return n; }
  Sample at(std::int64_t i, Generator& rng) const override {
    if (i == bad) throw IoError("[made] file: gone; expected it");
    const double noise = uniform({}, 0, 1, rng, kFloat64).item();
    return {tensor({static_cast<double>(i), noise}).to(kFloat64), Tensor(i)};
  }
  std::int64_t n, bad;
};

std::vector<double> all_x(const DataLoader& loader, std::int64_t epoch, std::int64_t first = 0) {
  std::vector<double> all;
  for (const Batch& batch : loader.epoch(epoch, first)) {
    for (const double v : batch.x.to_vector()) all.push_back(v);
  }
  return all;
}
using Numbers = std::vector<double>;

TEST(DataLoader, CutsAnEpochIntoBatches) {
  const DataLoader loader(counted(5), {.batch_size = 2});
  EXPECT_EQ(loader.size(), 3);
  std::vector<Shape> shapes;
  for (const Batch& batch : loader.epoch(0)) {
    shapes.push_back(batch.x.shape());
    expect_same_bits(batch.y, (batch.x.to(kInt64) * 10).to(kInt64).flatten());
  }
  EXPECT_EQ(shapes, (std::vector<Shape>{{2, 1}, {2, 1}, {1, 1}}));
  const DataLoader whole(counted(5), {.batch_size = 2, .drop_last = true});
  EXPECT_EQ(whole.size(), 2);
  EXPECT_EQ(all_x(whole, 0), (Numbers{0, 1, 2, 3}));
}

TEST(DataLoader, ShufflesEachEpochInAnOrderOfItsOwn) {
  const DataLoader loader(counted(100), {.batch_size = 7, .shuffle = true, .seed = 3});
  const Numbers first = all_x(loader, 0), second = all_x(loader, 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(std::set<double>(first.begin(), first.end()).size(), 100u);
  EXPECT_EQ(all_x(loader, 0), first);
  EXPECT_NE(all_x(DataLoader(counted(100), {.batch_size = 7, .shuffle = true, .seed = 4}), 0),
            first);
}

TEST(DataLoader, GivesTheSameBatchesForAnyNumberOfWorkers) {
  for (const bool tensors : {true, false}) {
    const auto load = [&](int workers, int prefetch) {
      const LoaderOptions options{
          .batch_size = 8, .shuffle = true, .workers = workers, .prefetch = prefetch, .seed = 5};
      const DataLoader loader =
          tensors ? DataLoader(counted(203), options) : DataLoader(Made(203), options);
      return std::pair(all_x(loader, 0), all_x(loader, 1));
    };
    const auto alone = load(0, 1);
    EXPECT_EQ(alone.first.size(), tensors ? 203u : 406u);
    for (const int workers : {1, 4}) {
      for (const int prefetch : {1, 5}) EXPECT_EQ(load(workers, prefetch), alone);
    }
  }
}

TEST(DataLoader, GoesOnAtAnyBatch) {
  for (const int workers : {0, 3}) {
    const DataLoader loader(Made(50), {.batch_size = 4, .shuffle = true, .workers = workers});
    const Numbers whole = all_x(loader, 2);
    const Numbers rest = all_x(loader, 2, 5);
    EXPECT_EQ(rest, Numbers(whole.begin() + 5 * 4 * 2, whole.end()));
    EXPECT_TRUE(all_x(loader, 2, loader.size()).empty());
  }
}

TEST(DataLoader, TellsWhichSampleFailedAndEndsThere) {
  for (const int workers : {0, 1, 4}) {
    const DataLoader loader(Made(40, 17), {.batch_size = 4, .workers = workers});
    int batches = 0;
    expect_throws_text<IoError>(
        [&] {
          for (const Batch& batch : loader.epoch(0)) batches += batch.x.defined() ? 1 : 0;
        },
        "[made] file: gone; expected it (in sample 17)");
    EXPECT_EQ(batches, 4);
  }
}

TEST(DataLoader, NestsOtherExceptions) {
  const DatasetRef bad = transform(share(counted(4)), [](Sample s, Generator&) -> Sample {
    if (s.x.item() == 2) throw std::runtime_error("no luck");
    return s;
  });
  const DataLoader loader(bad, {.batch_size = 2, .workers = 2});
  try {
    all_x(loader, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[loader] sample 2: no luck");
    EXPECT_THROW(std::rethrow_if_nested(error), std::runtime_error);
  }
}

TEST(DataLoader, MayBeLeftEarly) {
  for (int i = 0; i < 20; ++i) {
    const DataLoader loader(Made(1000), {.batch_size = 3, .workers = 4, .prefetch = 3});
    for (const Batch& batch : loader.epoch(i)) {
      if (batch.x.to_vector()[0] >= i) break;
    }
  }
}

TEST(DataLoader, MovesBatchesToADevice) {
  for (const int workers : {0, 2}) {
    const DataLoader loader(counted(5),
                            {.batch_size = 2, .workers = workers, .device = kCudaEmulated});
    std::int64_t first = 0;
    for (const Batch& batch : loader.epoch(0)) {
      EXPECT_EQ(batch.x.device(), kCudaEmulated);
      EXPECT_EQ(batch.y.device(), kCudaEmulated);
      EXPECT_EQ(batch.y.to(kCpu).to_vector()[0], static_cast<double>(10 * first));
      first += 2;
    }
    EXPECT_EQ(first, 6);
  }
}

TEST(DataLoader, ReadsADataSetThatLivesOnADevice) {
  Generator rng(4);
  const TensorDataset here{uniform({37, 2}, 0, 1, rng), uniform({37, 1}, 0, 1, rng)};
  const TensorDataset there{here.features.to(kCudaEmulated), here.targets.to(kCudaEmulated)};
  for (const int workers : {0, 3}) {
    const DataLoader expected(share(here), {.batch_size = 8, .workers = workers});
    const DataLoader loader(share(there), {.batch_size = 8, .workers = workers});
    auto other = expected.epoch(1).begin();
    for (const Batch& batch : loader.epoch(1)) {
      EXPECT_EQ(batch.x.device(), kCudaEmulated);
      testing::expect_same_bits(batch.x, (*other).x);
      testing::expect_same_bits(batch.y, (*other).y);
      ++other;
    }
  }
}

TEST(DataLoader, CollatesAsItIsTold) {
  const DataLoader loader(
      counted(4), {.batch_size = 2, .workers = 1, .collate = [](std::span<const Sample> samples) {
                     double sum = 0;
                     for (const Sample& s : samples) sum += s.x.item();
                     return Batch{Tensor(sum), Tensor()};
                   }});
  EXPECT_EQ(all_x(loader, 0), (Numbers{1, 5}));
}

TEST(DataLoader, WalksOverWhatHasNoNumbers) {
  const auto stream = iterable([](std::int64_t epoch, std::int64_t i) -> std::optional<Sample> {
    if (i >= 5) return std::nullopt;
    return Sample{Tensor(static_cast<double>(10 * epoch + i)), Tensor()};
  });
  for (const int workers : {0, 1, 4}) {
    EXPECT_EQ(all_x(DataLoader(stream, {.batch_size = 2, .workers = workers}), 1),
              (Numbers{10, 11, 12, 13, 14}));
    EXPECT_EQ(all_x(DataLoader(stream, {.batch_size = 2, .workers = workers}), 1, 1),
              (Numbers{12, 13, 14}));
    EXPECT_EQ(
        all_x(DataLoader(stream, {.batch_size = 2, .drop_last = true, .workers = workers}), 0),
        (Numbers{0, 1, 2, 3}));
  }
}

TEST(WeightedSampler, DrawsInProportion) {
  const DataLoader loader(
      counted(3),
      {.batch_size = 100, .sampler = weighted_sampler(tensor({1.0, 0.0, 3.0}), 20000, 1)});
  std::vector<int> counts(3);
  for (const double x : all_x(loader, 0)) ++counts[static_cast<std::size_t>(x)];
  EXPECT_EQ(counts[1], 0);
  // The standard deviation is 61; 5 of them.
  EXPECT_NEAR(counts[2], 15000, 310);
  EXPECT_NE(all_x(loader, 1), all_x(loader, 0));
}

TEST(DataLoader, RefusesWhatMakesNoSense) {
  const auto expect = [](LoaderOptions options, const std::string& text) {
    expect_throws_text<ConfigError>([&] { DataLoader(counted(4), options); }, "[loader] " + text);
  };
  expect({.batch_size = 0}, "batch_size: 0; expected >= 1");
  expect({.workers = -1}, "workers: -1; expected 0..256");
  expect({.prefetch = 0}, "prefetch: 0; expected 1..1024");
  expect({.shuffle = true, .sampler = [](std::int64_t) { return arange(4); }},
         "shuffle, sampler: both; expected one of them");
  expect_throws_text<ConfigError>([] { DataLoader(Made(0)); },
                                  "[loader] dataset: 0 samples; expected at least one");
  const DataLoader loader(counted(4));
  expect_throws_text<ConfigError>([&] { loader.epoch(-1); }, "[loader] epoch: -1; expected >= 0");
  expect_throws_text<ConfigError>([&] { loader.epoch(0, 5); },
                                  "[loader] first_batch: 5; expected 0..4");
  const DataLoader outside(counted(4), {.sampler = [](std::int64_t) { return arange(5); }});
  expect_throws_text<IndexError>([&] { outside.epoch(0); },
                                 "[loader] sampler: sample 4; expected 0..3");
}

TEST(Compose, SplitsIntoPartsThatTogetherAreAll) {
  Generator rng(1);
  const auto parts = random_split(share(counted(10)), {0.75, 0.25}, rng);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0]->size(), 8);  // 7.5 down to 7, and the one that is left
  std::set<double> seen;
  for (const DatasetRef& part : parts) {
    for (std::int64_t i = 0; i < part->size(); ++i) seen.insert(part->at(i, rng).x.item());
  }
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(random_split(share(counted(10)), {3, 7}, rng)[1]->size(), 7);
  expect_throws_text<ConfigError>(
      [&] {
        random_split(share(counted(10)), {3, 6}, rng);
      },
      "[random_split] sizes: add up to 9; expected 10, the number of samples, or fractions adding "
      "up to 1; none negative");
  EXPECT_THROW(random_split(share(counted(10)), {12, -2}, rng), ConfigError);
}

TEST(Compose, ReadsThroughOthers) {
  Generator rng(1);
  const DatasetRef both = concat({share(counted(2)), subset(share(counted(5)), {4, 4, 0})});
  EXPECT_EQ(both->size(), 5);
  EXPECT_EQ(all_x(DataLoader(both, {.batch_size = 5}), 0), (Numbers{0, 1, 4, 4, 0}));
  expect_throws_text<IndexError>([&] { both->at(5, rng); }, "[concat] sample: 5; expected 0..4");
  expect_throws_text<IndexError>(
      [&] {
        subset(both, {0, 9});
      },
      "[subset] rows: 9 at 1; expected 0..4");
  expect_throws_text<ConfigError>([] { concat({}); },
                                  "[concat] datasets: none; expected at least one");
}

TEST(Compose, CacheReadsEverySampleOnce) {
  std::atomic<int> reads = 0;
  const DatasetRef kept = cache(transform(share(Made(30)), [&](Sample s, Generator&) {
    ++reads;
    return s;
  }));
  const DataLoader loader(kept, {.batch_size = 4, .workers = 3});
  const Numbers first = all_x(loader, 0);
  EXPECT_EQ(reads, 30);
  EXPECT_EQ(all_x(loader, 1), first);
  EXPECT_EQ(reads, 30);
}

TEST(Compose, SamplesOfDifferentShapesNeedAFunction) {
  const DatasetRef odd = transform(share(counted(3)), [](Sample s, Generator&) {
    return Sample{zeros({static_cast<std::int64_t>(s.x.item()) + 1}), s.y};
  });
  expect_throws_text<ShapeError>(
      [&] { all_x(DataLoader(odd, {.batch_size = 3}), 0); },
      "[dataset] x of sample 1 is [2] and of sample 0 is [1]; expected equal shapes; give the "
      "loader a collate function");
}

}  // namespace
}  // namespace gradus::data
