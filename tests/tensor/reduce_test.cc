#include "tensor/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

Axes axes_of(unsigned mask, int rank) {
  Axes axes;
  for (int i = 0; i < rank; ++i) {
    if (mask >> i & 1) axes.push_back(i % 2 == 0 ? i : i - rank);  // odd ones from the end
  }
  return axes;
}

// What is to be expected, by one loop over all elements in double.
struct Slow {
  std::vector<double> sum, largest, smallest;
  std::int64_t each = 0;
};
Slow slow(const Tensor& x, unsigned mask) {
  std::int64_t outputs = 1;
  for (int i = 0; i < x.rank(); ++i) outputs *= mask >> i & 1 ? 1 : x.shape()[i];
  const double inf = std::numeric_limits<double>::infinity();
  Slow result{std::vector<double>(outputs), std::vector<double>(outputs, -inf),
              std::vector<double>(outputs, inf), outputs == 0 ? 0 : x.numel() / outputs};
  const std::vector<double> values = x.to_vector();
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    std::int64_t rest = i, out = 0, scale = 1;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      const std::int64_t index = rest % x.shape()[axis];
      rest /= x.shape()[axis];
      if (mask >> axis & 1) continue;
      out += index * scale;
      scale *= x.shape()[axis];
    }
    result.sum[out] += values[i];
    result.largest[out] = std::max(result.largest[out], values[i]);
    result.smallest[out] = std::min(result.smallest[out], values[i]);
  }
  return result;
}

using Reductions = EveryDevice;

TEST_P(Reductions, OverAnyAxesAreThoseOfASlowLoop) {
  Generator generator(3);
  for (const Shape& shape :
       {Shape{}, Shape{5}, Shape{1}, Shape{3, 4}, Shape{4, 1, 3}, Shape{2, 3, 4, 5}, Shape{40, 33},
        Shape{2, 1100}, Shape{1100, 17}, Shape{3, 2, 1, 2, 2, 1, 3, 2}}) {
    for (unsigned mask = 0; mask < 1u << shape.rank(); ++mask) {
      if (mask == 0 && shape.rank() > 0) continue;  // no axes mean all of them
      const Axes axes = axes_of(mask, shape.rank());
      for (DType dtype : {kFloat32, kFloat64, kInt64}) {
        const Tensor x = (normal(shape, 0, 10, generator, kFloat64)).to(dtype);
        const Slow expected = slow(x, mask);
        const std::string what = to_string(shape) + " over " + to_string(axes);
        // Sums of up to 20000 numbers below 50; the tree adds them in few levels.
        const double atol = dtype == kFloat64 ? 1e-10 : 2e-3;
        const Shape kept = reduced_shape(shape, mask, false),
                    same = reduced_shape(shape, mask, true);
        expect_close(sum(x, axes), from_values(expected.sum, kept, kFloat64), 0, atol, what);
        EXPECT_EQ(sum(x, axes, true).shape(), same);
        expect_same_bits(max(x, axes), from_values(expected.largest, kept, kFloat64).to(dtype),
                         what);
        expect_same_bits(min(x, axes), from_values(expected.smallest, kept, kFloat64).to(dtype),
                         what);
        EXPECT_EQ(max(x, axes, true).shape(), same);
        std::vector<double> means = expected.sum;
        for (double& v : means) v /= expected.each;
        expect_close(mean(x, axes), from_values(means, kept, kFloat64), 1e-6, atol, what);
      }
    }
  }
}

TEST_P(Reductions, OfStridedTensorsHaveTheBitsOfContiguousOnes) {
  Generator generator(4);
  for (DType dtype : {kFloat32, kFloat64}) {
    if (emulated() && dtype == kFloat64) continue;
    const Tensor big = normal({60, 70, 40}, 0, 1, generator, dtype);
    const std::vector<Tensor> views = {big.transpose(0, 1),
                                       big.transpose(0, 2),
                                       big.transpose(),
                                       big.slice(1, {1, 69, 3}),
                                       big.slice(2, {5, 38}),
                                       big.slice(0, {0, 60, 2}).transpose(0, 2),
                                       big.select(1, 3).transpose(),
                                       big.slice(2, {0, 1}).expand({60, 70, 9})};
    for (const Tensor& view : views) {
      const Tensor copy = view.clone();
      for (unsigned mask = 1; mask < 1u << view.rank(); mask += emulated() ? 3 : 1) {
        const Axes axes = axes_of(mask, view.rank());
        const std::string what = to_string(view.shape()) + " over " + to_string(axes);
        expect_same_bits(sum(view, axes), sum(copy, axes), "sum of " + what);
        expect_same_bits(mean(view, axes), mean(copy, axes), "mean of " + what);
        expect_same_bits(max(view, axes), max(copy, axes), "max of " + what);
      }
    }
  }
}

TEST_P(Reductions, HaveTheSameBitsOnAnyNumberOfThreads) {
  Generator generator(5);
  const Tensor x = normal({emulated() ? 52 : 523, 1031}, 0, 1, generator);
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}}) {
    same_on_all_threads([&] { return sum(x, axes); });
    same_on_all_threads([&] { return sum(x.transpose(), axes); });
    same_on_all_threads([&] { return max(x, axes); });
  }
}

TEST_P(Reductions, OfSixteenMillionTenthsKeepSixDigits) {
  const std::int64_t n = std::int64_t{1} << (emulated() ? 20 : 24);
  const Tensor x = full({n}, 0.1);
  const double expected = n * static_cast<double>(0.1f);
  // One float after the other would give 2097152, one third too much.
  EXPECT_NEAR(sum(x).item() / expected, 1, 1e-6);
  EXPECT_NEAR(mean(x).item(), static_cast<double>(0.1f), 1e-7);
  EXPECT_NEAR(sum(x.reshape({2, n / 2}), 1).at({1}) / (expected / 2), 1, 1e-6);
}

TEST_P(Reductions, ANaNAnywhereIsTheResult) {
  for (std::int64_t n : {1, 3, 16, 17, 40, 1500, 70000}) {
    for (std::int64_t where : {std::int64_t{0}, n / 2, n - 1}) {
      const Tensor x = ones({n});
      x.slice(0, {where, where + 1}).fill(NAN);
      EXPECT_TRUE(std::isnan(max(x).item())) << n << ", " << where;
      EXPECT_TRUE(std::isnan(min(x).item())) << n << ", " << where;
      EXPECT_TRUE(std::isnan(sum(x).item())) << n << ", " << where;
      EXPECT_TRUE(std::isnan(max(x.reshape({n, 1}).expand({n, 20}), 0).at({19})));
    }
  }
}

TEST_P(Reductions, KnowInfinities) {
  EXPECT_EQ(max(tensor({-INFINITY, -INFINITY})).item(), -INFINITY);
  EXPECT_EQ(min(tensor({INFINITY, 3})).item(), 3);
  EXPECT_TRUE(std::isnan(sum(tensor({INFINITY, -INFINITY})).item()));
}

TEST_P(Reductions, OfNoElementsAreZeroOrNaN) {
  const Tensor x = zeros({0, 3});
  EXPECT_EQ(sum(x).item(), 0);
  EXPECT_EQ(sum(x, 0).to_vector(), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(sum(x, 1).shape(), (Shape{0}));
  EXPECT_TRUE(std::isnan(mean(x).item()));
  EXPECT_TRUE(std::isnan(mean(x, 0).at({2})));
  EXPECT_EQ(mean(x, 1).shape(), (Shape{0}));
  EXPECT_EQ(max(x, 1).shape(), (Shape{0}));
  EXPECT_EQ(max(x, 1, true).shape(), (Shape{0, 1}));
}

TEST_P(Reductions, OfBoolAndInt64CountInInt64) {
  const Tensor flags = tensor({1, 0, 1, 1}, kBool);
  EXPECT_EQ(sum(flags).dtype(), kInt64);
  EXPECT_EQ(sum(flags).item(), 3);
  EXPECT_EQ(mean(flags).dtype(), kFloat32);
  EXPECT_EQ(mean(flags).item(), 0.75);
  EXPECT_EQ(max(flags).dtype(), kBool);
  EXPECT_EQ(max(flags).item(), 1);
  EXPECT_EQ(min(flags).item(), 0);
  const Tensor whole = tensor({3, 4, 8}, kInt64);
  EXPECT_EQ(sum(whole).dtype(), kInt64);
  EXPECT_EQ(mean(whole).item(), 5);
  EXPECT_EQ(mean(whole).dtype(), kFloat32);
}

TEST_P(Reductions, MultiplyElements) {
  Generator generator(7);
  for (const Shape& shape : {Shape{3, 4}, Shape{40, 33}, Shape{2, 3000}, Shape{1100, 17}}) {
    const Tensor x = uniform(shape, 0.9, 1.1, generator, kFloat64);
    const std::vector<double> v = x.to_vector();
    std::vector<double> rows(shape[0], 1), columns(shape[1], 1);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      rows[i / shape[1]] *= v[i];
      columns[i % shape[1]] *= v[i];
    }
    // 3000 roundings on either side.
    expect_close(prod(x, 1), from_values(rows, {shape[0]}, kFloat64), 1e-12, 0);
    expect_close(prod(x, 0), from_values(columns, {shape[1]}, kFloat64), 1e-12, 0);
    same_on_all_threads([&] { return prod(x); });
  }
  EXPECT_EQ(prod(tensor({2, 3, 7}, kInt64)).item(), 42);
  EXPECT_EQ(prod(tensor({1, 1}, kBool)).dtype(), kInt64);
  EXPECT_EQ(prod(full({64}, 2, kInt64)).item(), 0);  // 2^64 wraps around
  EXPECT_EQ(prod(zeros({0, 2}), 0).to_vector(), (std::vector<double>{1, 1}));
}

TEST_P(Reductions, TellWhetherAnyOrAllAreNotZero) {
  const Tensor x = tensor({{0, NAN, 0}, {-0.0, 0, 0}, {1, -2, 3}});
  expect_same_bits(any(x, 1), tensor({1, 0, 1}, kBool));
  expect_same_bits(all(x, 1), tensor({0, 0, 1}, kBool));
  expect_same_bits(count_nonzero(x, 1), tensor({1, 0, 3}, kInt64));
  expect_same_bits(count_nonzero(x), tensor(4, kInt64));
  EXPECT_EQ(any(zeros({0})).item(), 0);
  EXPECT_EQ(all(zeros({0})).item(), 1);
  EXPECT_EQ(any(tensor({0, 2}, kInt64)).item(), 1);
  EXPECT_EQ(all(zeros({2, 0}), 1, true).shape(), (Shape{2, 1}));
  const Tensor flags = zeros({100000}, kBool);
  EXPECT_EQ(any(flags).item(), 0);
  flags.slice(0, {70001, 70002}).fill(1);
  EXPECT_EQ(any(flags).item(), 1);
  EXPECT_EQ(all(flags).item(), 0);
  EXPECT_EQ(any(flags.reshape({1000, 100}), 0).at({1}), 1);
  EXPECT_EQ(count_nonzero(any(flags.reshape({1000, 100}), 0)).item(), 1);
}

TEST_P(Reductions, LeaveOutNaN) {
  const Tensor x = tensor({{1, NAN, 5}, {NAN, NAN, NAN}});
  EXPECT_EQ(nansum(x).item(), 6);
  EXPECT_EQ(nansum(x, 1).to_vector(), (std::vector<double>{6, 0}));
  EXPECT_EQ(nanmean(x).item(), 3);
  EXPECT_EQ(nanmean(x, 1).at({0}), 3);
  EXPECT_TRUE(std::isnan(nanmean(x, 1).at({1})));
  EXPECT_EQ(nanmean(tensor({1, 2}, kInt64)).item(), 1.5);
  EXPECT_EQ(nansum(tensor({1, 2}, kInt64)).dtype(), kInt64);
}

TEST_P(Reductions, OfScalarsTakeTheAxisThatALineHas) {
  EXPECT_EQ(sum(Tensor(3.0), 0).item(), 3);
  EXPECT_EQ(max(Tensor(3.0), -1).item(), 3);
  EXPECT_EQ(mean(Tensor(3.0), 0, true).shape(), (Shape{}));
}

// The 400 MB are one number in memory; the tree is that of as many different ones, since the bits
// do not depend on strides (above).
TEST_P(Reductions, OfAHundredMillionTenthsKeepSixDigits) {
  const std::int64_t n = emulated() ? 1000000 : 100000000;
  const Tensor x = full({1}, 0.1).expand({n});
  const double expected = n * static_cast<double>(0.1f);
  EXPECT_NEAR(sum(x).item() / expected, 1, 1e-6);
  EXPECT_NEAR(mean(x).item() / static_cast<double>(0.1f), 1, 1e-6);
}

TEST_P(Reductions, SumToUndoesExpand) {
  const Tensor x = arange(24, kFloat64).reshape({2, 3, 4});
  expect_same_bits(sum_to(x, {2, 3, 4}), x);
  expect_same_bits(sum_to(x, {4}), sum(x, {0, 1}));
  expect_same_bits(sum_to(x, {3, 1}), sum(x, {0, 2}).reshape({3, 1}));
  expect_same_bits(sum_to(x, {1, 3, 4}), sum(x, 0, true));
  expect_same_bits(sum_to(x, {}), sum(x));
  EXPECT_EQ(sum_to(zeros({0, 3}), {1, 3}).to_vector(), (std::vector<double>{0, 0, 0}));
}

GRADUS_ON_EVERY_DEVICE(Reductions);

}  // namespace
}  // namespace gradus::testing
