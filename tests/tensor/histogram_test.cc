#include "tensor/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

TEST(Histogram, CountsTheRightEndInTheLastBinOnly) {
  const Histogram h = histogram(tensor({0, 0.5, 1, 1.5, 2, 3, -1, NAN, INFINITY}), 2, 0, 2);
  expect_same_bits(h.counts, tensor({2, 3}, kInt64));
  expect_same_bits(h.edges, tensor({0, 1, 2}));
}

TEST(Histogram, AgreesWithItsOwnEdges) {
  Generator generator(1);
  for (DType dtype : {kFloat32, kFloat64}) {
    const Tensor x = uniform({100000}, -0.1, 1.1, generator, dtype);
    const std::vector<double> values = x.to_vector();
    for (std::int64_t bins : {1, 3, 10, 1000}) {
      const Histogram h = histogram(x, bins, 0, 1);
      const std::vector<double> edges = h.edges.to_vector(), counts = h.counts.to_vector();
      std::vector<double> expected(bins);
      for (double v : values) {
        if (v < edges.front() || v > edges.back()) continue;
        const auto above = std::upper_bound(edges.begin(), edges.end() - 1, v);
        ++expected[above - edges.begin() - 1];
      }
      EXPECT_EQ(counts, expected) << bins;
    }
  }
  // Every edge itself opens its bin, also those that arithmetic alone would miss.
  const Tensor edges = histogram(zeros({1}, kFloat64), 49, 0.1, 0.7).edges;
  std::vector<double> ones_but_last(49, 1);
  ones_but_last.back() = 2;
  EXPECT_EQ(histogram(edges, 49, 0.1, 0.7).counts.to_vector(), ones_but_last);
  // And the number below an edge stays in the bin before.
  const Tensor below = edges.clone();
  for (double* v = below.data<double>(); v != below.data<double>() + 50; ++v) {
    *v = std::nextafter(*v, -1);
  }
  EXPECT_EQ(histogram(below, 49, 0.1, 0.7).counts.to_vector(), std::vector<double>(49, 1));
}

TEST(Histogram, FindsItsRange) {
  const Histogram h = histogram(tensor({1, 2, 3, 5}), 4);
  expect_same_bits(h.edges, tensor({1, 2, 3, 4, 5}));
  expect_same_bits(h.counts, tensor({1, 1, 1, 1}, kInt64));
  expect_same_bits(histogram(tensor({2, 2}), 2).edges, tensor({1.5, 2, 2.5}));
  expect_same_bits(histogram(zeros({0}), 2).edges, tensor({0, 0.5, 1}));
  EXPECT_EQ(histogram(tensor({1, 2}, kInt64)).edges.dtype(), kFloat64);
  EXPECT_EQ(histogram(tensor({1, 0, 1}, kBool), 2).counts.to_vector(), (std::vector<double>{1, 2}));
}

TEST(Histogram, AddsWeights) {
  const Tensor x = tensor({0.5, 1.5, 1.6, 9}), w = tensor({1, 2, 0.25, 7});
  expect_same_bits(histogram(x, 2, 0, 2, w).counts, tensor({1, 2.25}));
  EXPECT_EQ(histogram(x, 2, 0, 2, ones({4}, kInt64)).counts.dtype(), kFloat64);
}

TEST(Histogram, DensityHasTheIntegralOne) {
  const Tensor x = tensor({0, 0.25, 1, 3}, kFloat64);
  const Histogram uneven{tensor({3, 1, 0}, kInt64), tensor({0, 0.5, 1, 3})};
  expect_same_bits(density(uneven), tensor({1.5, 0.5, 0}));
  expect_same_bits(density(histogram(x, 2, 0, 4)), tensor({0.375, 0.125}, kFloat64));
  const Tensor none = density(histogram(x, 2, 8, 9));
  EXPECT_TRUE(std::isnan(none.at({0})) && std::isnan(none.at({1})));
}

TEST(Histogram, HasTheSameBitsOnAnyNumberOfThreadsAndForViews) {
  Generator generator(1);
  const Tensor x = normal({300, 1000}, 0, 1, generator), w = normal({300, 1000}, 0, 1, generator);
  const Tensor counts = same_on_all_threads([&] { return histogram(x, 50, -2, 2).counts; });
  expect_same_bits(histogram(x.transpose(), 50, -2, 2).counts, counts);
  same_on_all_threads([&] { return histogram(x, 50, -2, 2, w).counts; });
}

TEST(Bincount, CountsEachNumber) {
  const Tensor x = tensor({1, 3, 1, 0}, kInt64);
  expect_same_bits(bincount(x), tensor({1, 2, 0, 1}, kInt64));
  expect_same_bits(bincount(x, {}, 6), tensor({1, 2, 0, 1, 0, 0}, kInt64));
  expect_same_bits(bincount(x, tensor({0.5, 2, 4, 8})), tensor({8, 4.5, 0, 2}));
  EXPECT_EQ(bincount(x, ones({4}, kInt64)).dtype(), kFloat64);
  EXPECT_EQ(bincount(zeros({0}, kInt64)).shape(), (Shape{0}));
  EXPECT_EQ(bincount(zeros({0}, kInt64), {}, 2).to_vector(), (std::vector<double>{0, 0}));
  expect_same_bits(bincount(x.slice(0, {0, 4, 2})), tensor({0, 2}, kInt64));
}

}  // namespace
}  // namespace gradus::testing
