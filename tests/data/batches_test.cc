#include "data/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::data {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

// Row i is (i, i + 0.5) with target -i, so that a batch tells which samples it holds.
TensorDataset numbered(std::int64_t n) {
  TensorDataset d{zeros({n, 2}, kFloat64), zeros({n, 1}, kFloat64)};
  for (std::int64_t i = 0; i < n; ++i) {
    d.features.data<double>()[2 * i] = static_cast<double>(i);
    d.features.data<double>()[2 * i + 1] = static_cast<double>(i) + 0.5;
    d.targets.data<double>()[i] = -static_cast<double>(i);
  }
  return d;
}

// Samples in the order in which an epoch shows them, after checking that rows stay together.
std::vector<std::int64_t> visited(const Batches& batches, std::int64_t epoch) {
  std::vector<std::int64_t> samples;
  for (const auto& batch : batches.epoch(epoch)) {
    const auto x = batch.x.to_vector(), y = batch.y.to_vector();
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(x[2 * i], -y[i]);
      EXPECT_EQ(x[2 * i + 1], 0.5 - y[i]);
      samples.push_back(static_cast<std::int64_t>(-y[i]));
    }
  }
  return samples;
}

std::vector<std::int64_t> entries(const Tensor& index) {
  return {index.data<std::int64_t>(), index.data<std::int64_t>() + index.numel()};
}

bool visits_each_once(std::vector<std::int64_t> samples, std::int64_t n) {
  std::sort(samples.begin(), samples.end());
  return samples == entries(arange(n));
}

TEST(Order, NaturalCounts) {
  expect_same_bits(Order::natural().indices(4, 0), arange(4));
  expect_same_bits(Order::natural().indices(4, 3), arange(4));
  EXPECT_TRUE(Order::natural().is_natural());
}

TEST(Order, StrideFollowsItsFormula) {
  for (const auto& [a, b] : std::map<std::int64_t, std::int64_t>{
           {1, 0}, {7, 0}, {7, 5}, {1501, 2}, {-1, 1}, {-7, -3}, {INT64_MAX - 6, INT64_MIN}}) {
    const std::int64_t n = 1500;
    for (const std::int64_t epoch : {0, 1, 4}) {
      const auto order = entries(Order::stride(a, b).indices(n, epoch));
      ASSERT_EQ(order.size(), 1500u);
      for (std::int64_t i = 0; i < n; ++i) {
        const __int128 value = static_cast<__int128>(a) * i + static_cast<__int128>(b) * epoch;
        ASSERT_EQ(order[i], static_cast<std::int64_t>((value % n + n) % n))
            << a << "," << b << " epoch " << epoch << " position " << i;
      }
    }
  }
  EXPECT_EQ(entries(Order::stride(3, 1).indices(4, 2)), (std::vector<std::int64_t>{2, 1, 0, 3}));
  EXPECT_EQ(entries(Order::stride(0, 0).indices(1, 2)), (std::vector<std::int64_t>{0}));
}

TEST(Order, StrideThatLeavesOutSamplesIsRefused) {
  expect_throws_text<ConfigError>([] { Order::stride(6, 1).indices(1500, 0); },
                                  "[order] stride: 6 and the number of samples, 1500, have the "
                                  "common divisor 6; expected none, else samples are left out");
  expect_throws_text<ConfigError>([] { Order::stride(0, 1).check(10); },
                                  "[order] stride: 0 and the number of samples, 10, have the "
                                  "common divisor 10; expected none, else samples are left out");
  expect_throws_text<ConfigError>([] { Batches(numbered(9), 1, Order::stride(3, 0)); },
                                  "[order] stride: 3 and the number of samples, 9, have the "
                                  "common divisor 3; expected none, else samples are left out");
}

TEST(Order, ShuffleVisitsEachSampleOnceAndDiffersByEpochAndSeed) {
  const Order order = Order::shuffle(Generator(5));
  std::set<std::vector<std::int64_t>> seen;
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    const auto samples = entries(order.indices(100, epoch));
    EXPECT_TRUE(visits_each_once(samples, 100));
    seen.insert(samples);
  }
  seen.insert(entries(Order::shuffle(Generator(6)).indices(100, 0)));
  Generator later(5);
  later.set_position(1);
  seen.insert(entries(Order::shuffle(later).indices(100, 0)));
  seen.insert(entries(order.indices(100, std::int64_t{1} << 32)));
  EXPECT_EQ(seen.size(), 23u);
}

TEST(Order, ShuffleIsTheSameOnEveryCallAndForAnyNumberOfThreads) {
  const Order order = Order::shuffle(Generator(5));
  const Tensor third = order.indices(50000, 3);  // before epochs 0 to 2, as after a restart
  order.indices(50000, 0);
  expect_same_bits(testing::same_on_all_threads([&] { return order.indices(50000, 3); }), third);
}

TEST(Order, ShuffleSharesNoNumbersWithTheGenerator) {
  Generator generator(5);
  EXPECT_FALSE(
      bitwise_equal(Order::shuffle(generator).indices(100, 0), permutation(100, generator)));
}

TEST(Order, ShufflePutsEachSampleAtEachPlaceEquallyOften) {
  const Order order = Order::shuffle(Generator(11));
  constexpr int kEpochs = 24000;
  std::map<std::vector<std::int64_t>, int> counts;
  for (int epoch = 0; epoch < kEpochs; ++epoch) ++counts[entries(order.indices(4, epoch))];
  ASSERT_EQ(counts.size(), 24u);
  for (const auto& [samples, count] : counts) EXPECT_NEAR(count, 1000, 160);  // 5 sd
}

TEST(Order, ParsesItsThreeForms) {
  const Generator generator(5);
  EXPECT_TRUE(Order::parse("natural", generator).is_natural());
  expect_same_bits(Order::parse("shuffle", generator).indices(30, 2),
                   Order::shuffle(generator).indices(30, 2));
  expect_same_bits(Order::parse("stride:7,-2", generator).indices(30, 2),
                   Order::stride(7, -2).indices(30, 2));
}

TEST(Order, ParseListsTheFormsWhenTheNameIsNone) {
  for (const std::string name :
       {"", "sorted", "Natural", "stride", "stride:", "stride:7", "stride:7,", "stride:,2",
        "stride:7,2,1", "stride:7, 2", "stride:7.5,2", "stride:99999999999999999999,1"}) {
    expect_throws_text<ConfigError>(
        [&] { Order::parse(name, Generator(1)); },
        "[order] name: '" + name +
            "'; expected shuffle, natural or stride:A,B with integers A and B");
  }
}

TEST(Order, RefusesNoSamplesAndNegativeEpochs) {
  expect_throws_text<ConfigError>([] { Order::natural().indices(0, 0); },
                                  "[order] n: 0; expected >= 1");
  expect_throws_text<ConfigError>([] { Order::natural().indices(3, -1); },
                                  "[order] epoch: -1; expected >= 0");
}

TEST(Batches, NaturalOrderGivesViews) {
  const TensorDataset d = numbered(10);
  const Batches batches(d, 4, Order::natural());
  EXPECT_EQ(batches.size(), 3);
  EXPECT_EQ(batches.epoch(0).size(), 3);
  std::vector<std::int64_t> sizes;
  for (const auto& batch : batches.epoch(1)) {
    sizes.push_back(batch.x.dim(0));
    EXPECT_TRUE(batch.x.shares_storage_with(d.features));
    EXPECT_TRUE(batch.y.shares_storage_with(d.targets));
  }
  EXPECT_EQ(sizes, (std::vector<std::int64_t>{4, 4, 2}));
  EXPECT_EQ(visited(batches, 0), entries(arange(10)));
}

TEST(Batches, GatherRowsInTheGivenOrder) {
  // 20000 rows of 24 bytes take several blocks; sizes that do not divide a block come too.
  for (const std::int64_t n : {1, 10, 1500, 20000}) {
    for (const std::int64_t size : {1, 7, 100, 1500, 19999}) {
      if (size > n) continue;
      for (const Order& order : {Order::stride(7, 3), Order::shuffle(Generator(2))}) {
        const Batches batches(numbered(n), size, order);
        for (const std::int64_t epoch : {0, 1}) {
          ASSERT_EQ(visited(batches, epoch), entries(order.indices(n, epoch))) << n << " " << size;
        }
      }
    }
  }
}

TEST(Batches, LargeRowsAreGatheredBatchByBatch) {
  // A row is larger than a block.
  Generator generator(1);
  const TensorDataset d{normal({5, 40000}, 0, 1, generator, kFloat64), arange(5)};
  std::vector<std::int64_t> rows;
  for (const auto& batch : Batches(d, 2, Order::stride(2, 0)).epoch(0)) {
    expect_same_bits(batch.x, index_select(d.features, 0, batch.y));
    EXPECT_EQ(batch.x.shape(), Shape({batch.y.dim(0), 40000}));
    for (const std::int64_t row : entries(batch.y)) rows.push_back(row);
  }
  EXPECT_EQ(rows, (std::vector<std::int64_t>{0, 2, 4, 1, 3}));
}

TEST(Batches, DropLastLeavesOutTheShortBatch) {
  const Batches batches(numbered(10), 4, Order::stride(3, 0), true);
  EXPECT_EQ(batches.size(), 2);
  EXPECT_EQ(batches.samples(), 8);
  EXPECT_EQ(visited(batches, 0), (std::vector<std::int64_t>{0, 3, 6, 9, 2, 5, 8, 1}));
  EXPECT_EQ(Batches(numbered(10), 5, Order::natural(), true).samples(), 10);
  EXPECT_EQ(visited(Batches(numbered(10), 4, Order::natural(), true), 0), entries(arange(8)));
}

TEST(Batches, KeepTheirDataAlive) {
  std::vector<Batches::Batch> kept;
  for (const auto& batch : Batches(numbered(6), 2, Order::stride(5, 1)).epoch(0)) {
    kept.push_back(batch);
  }
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].y.to_vector(), (std::vector<double>{-0.0, -5}));
  EXPECT_EQ(kept[2].y.to_vector(), (std::vector<double>{-2, -1}));
}

TEST(Batches, RefuseSizesThatDoNotFit) {
  const auto make = [](std::int64_t size) {
    return [size] { Batches(numbered(1500), size, Order::natural()); };
  };
  expect_throws_text<ConfigError>(
      make(0), "[batches] batch_size: 0; expected 1..1500, the number of samples");
  expect_throws_text<ConfigError>(
      make(1501), "[batches] batch_size: 1501; expected 1..1500, the number of samples");
  expect_throws_text<ConfigError>([] { Batches(numbered(2), 1, Order::natural()).epoch(-1); },
                                  "[batches] epoch: -1; expected >= 0");
  EXPECT_THROW(Batches({zeros({2, 1}), zeros({3, 1})}, 1, Order::natural()), ShapeError);
  EXPECT_THROW(Batches({}, 1, Order::natural()), Error);
}

}  // namespace
}  // namespace gradus::data
