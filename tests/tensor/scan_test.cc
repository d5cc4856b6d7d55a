#include "tensor/scan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

/// y[i] = f(y[i - 1], x[i]) along an axis, in long double.
template <class F>
Tensor slow_scan(const Tensor& x, int axis, F f) {
  std::int64_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.shape()[i];
  const std::int64_t n = x.shape()[axis];
  const std::vector<double> v = x.to_vector();
  std::vector<long double> y(v.begin(), v.end());
  for (std::int64_t k = 0; k < x.numel(); ++k) {
    if (k / inner % n > 0) y[k] = f(y[k - inner], y[k]);
  }
  return from_values(std::vector<double>(y.begin(), y.end()), x.shape(), kFloat64);
}

long double log_add(long double a, long double b) {
  return std::max(a, b) + std::log1p(std::exp(-std::fabs(a - b)));
}

TEST(Scans, AlongAnyAxisAreThoseOfASlowLoop) {
  Generator generator(3);
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4}, Shape{2, 3, 4, 5}, Shape{5, 70},
                             Shape{10000}, Shape{2, 9000}, Shape{9000, 3}, Shape{4097, 40},
                             Shape{20, 4100, 2}, Shape{3, 2, 1, 2, 2, 1, 3, 2}}) {
    for (DType dtype : {kFloat32, kFloat64, kInt64}) {
      const Tensor x = normal(shape, 1, 3, generator, kFloat64).to(dtype);
      for (int axis = 0; axis < shape.rank(); ++axis) {
        const std::string what = to_string(shape) + " along " + std::to_string(axis);
        // float32 is rounded once from double; 10000 float64 additions of numbers near 1 to 1e4.
        const double rtol = dtype == kFloat32 ? 6e-8 : 1e-14, atol = dtype == kInt64 ? 0 : 1e-9;
        expect_close(cumsum(x, axis), slow_scan(x, axis, [](auto a, auto b) { return a + b; }),
                     rtol, atol, what);
        expect_close(cummax(x, axis).values,
                     slow_scan(x, axis, [](auto a, auto b) { return std::max(a, b); }), 0, 0, what);
        expect_close(cummin(x, axis - x.rank()).values,
                     slow_scan(x, axis, [](auto a, auto b) { return std::min(a, b); }), 0, 0, what);
        if (dtype == kInt64) continue;
        expect_close(logcumsumexp(x, axis), slow_scan(x, axis, log_add), rtol, 1e-11, what);
        const Tensor near_one = uniform(shape, 0.999, 1.001, generator, dtype);
        expect_close(cumprod(near_one, axis),
                     slow_scan(near_one, axis, [](auto a, auto b) { return a * b; }),
                     dtype == kFloat32 ? 6e-8 : 1e-11, 0, what);
      }
    }
  }
}

TEST(Scans, ReadViewsLikeCopies) {
  Generator generator(4);
  const Tensor big = normal({30, 40, 20}, 0, 1, generator);
  for (const Tensor& view : {big.transpose(0, 1), big.transpose(0, 2), big.slice(1, {1, 39, 3}),
                             big.slice(2, {0, 1}).expand({30, 40, 9})}) {
    for (int axis = 0; axis < 3; ++axis) {
      expect_same_bits(cumsum(view, axis), cumsum(view.clone(), axis));
      expect_same_bits(cummax(view, axis).indices, cummax(view.clone(), axis).indices);
      expect_same_bits(diff(view, 1, axis), diff(view.clone(), 1, axis));
    }
  }
}

TEST(Scans, HaveTheSameBitsOnAnyNumberOfThreadsAndBesideAnyNeighbours) {
  Generator generator(5);
  const Tensor line = normal({50000}, 0, 1, generator, kFloat64);
  const Tensor alone = same_on_all_threads([&] { return cumsum(line, 0); });
  same_on_all_threads([&] { return cummax(line, 0).indices; });
  same_on_all_threads([&] { return logcumsumexp(line, 0); });
  for (std::int64_t copies : {2, 17, 40}) {  // with 17 rows the lines are no longer cut up
    const Tensor rows = line.reshape({1, 50000}).expand({copies, 50000});
    expect_same_bits(cumsum(rows, 1).select(0, copies - 1).clone(), alone);
    expect_same_bits(cumsum(rows.transpose(), 0).select(1, copies - 1).clone(), alone);
  }
}

TEST(Scans, OfTenthsKeepTheirDigits) {
  const Tensor x = full({1000000}, 0.1);
  EXPECT_NEAR(cumsum(x, 0).at({-1}) / (1e6 * static_cast<double>(0.1f)), 1, 1e-7);
}

TEST(Scans, OfExtremesGiveTheLastOfEqualPositionsAndKeepNaN) {
  const Tensor x = tensor({1, 1, NAN, 0, NAN, 5});
  EXPECT_EQ(cummax(x, 0).indices.to_vector(), (std::vector<double>{0, 1, 2, 2, 4, 4}));
  EXPECT_EQ(cummin(tensor({2, 2, 3, 1, 1}), 0).indices.to_vector(),
            (std::vector<double>{0, 1, 1, 3, 4}));
  EXPECT_TRUE(std::isnan(cummax(x, 0).values.at({5})));
}

TEST(Scans, ChooseTheDtypesOfPyTorch) {
  EXPECT_EQ(cumsum(tensor({1, 0, 1}, kBool), 0).dtype(), kInt64);
  EXPECT_EQ(cumsum(tensor({1, 0, 1}, kBool), 0).to_vector(), (std::vector<double>{1, 1, 2}));
  EXPECT_EQ(cumprod(tensor({2, 3, 4}, kInt64), 0).to_vector(), (std::vector<double>{2, 6, 24}));
  EXPECT_EQ(cummax(tensor({0, 1, 0}, kBool), 0).values.dtype(), kBool);
  EXPECT_EQ(logcumsumexp(tensor({0}, kInt64), 0).dtype(), kFloat32);
  // Between the results a product may leave the range of float32.
  EXPECT_NEAR(cumprod(tensor({1e30, 1e30, 1e-30}), 0).at({2}) / 1e30, 1, 1e-6);
  const Tensor big = tensor({INT64_MAX - 1023.0, 1024, 5}, kInt64);
  EXPECT_EQ(cumsum(big, 0).data<std::int64_t>()[2], INT64_MIN + 5);
}

TEST(Scans, OfInfinitiesAreThoseOfPyTorch) {
  EXPECT_EQ(logcumsumexp(tensor({-INFINITY, -INFINITY, 0, INFINITY, 1}), 0).to_vector(),
            (std::vector<double>{-INFINITY, -INFINITY, 0, INFINITY, INFINITY}));
  EXPECT_TRUE(std::isnan(logcumsumexp(tensor({0, NAN, 0}), 0).at({2})));
  EXPECT_TRUE(std::isnan(cumsum(tensor({INFINITY, -INFINITY}), 0).at({1})));
}

TEST(Scans, TakeScalarsAndEmptyTensors) {
  EXPECT_EQ(cumsum(Tensor(3.0), 0).item(), 3);
  EXPECT_EQ(cumsum(Tensor(3.0), -1).shape(), (Shape{}));
  EXPECT_EQ(cumsum(zeros({0, 3}), 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(cummax(zeros({3, 0}), 0).indices.shape(), (Shape{3, 0}));
}

TEST(Diff, TakesNeighboursFromEachOther) {
  const Tensor x = tensor({{1, 4, 9}, {2, 2, 0}});
  expect_same_bits(diff(x), tensor({{3, 5}, {0, -2}}));
  expect_same_bits(diff(x, 2), tensor({{2}, {-2}}));
  expect_same_bits(diff(x, 1, 0), tensor({{1, -2, -9}}));
  expect_same_bits(diff(x, 0), x);
  EXPECT_EQ(diff(x, 3).shape(), (Shape{2, 0}));
  EXPECT_EQ(diff(x, INT64_MAX).shape(), (Shape{2, 0}));
  EXPECT_EQ(diff(zeros({0, 2}), 1, 0).shape(), (Shape{0, 2}));
  expect_same_bits(diff(tensor({1, 0, 0}, kBool)), tensor({1, 0}, kBool));
}

TEST(Diff, JoinsWhatIsGivenToBothEnds) {
  const Tensor x = tensor({{1, 4}, {2, 2}}), column = tensor({{0}, {9}}), row = tensor({{7, 7}});
  expect_same_bits(diff(x, 1, 1, column), tensor({{1, 3}, {-7, 0}}));
  expect_same_bits(diff(x, 1, 0, {}, row), tensor({{1, -2}, {5, 5}}));
  expect_same_bits(diff(x, 2, 1, column, column), tensor({{2, -7}, {7, 7}}));
  expect_same_bits(diff(x, 0, 1, column), x);
  EXPECT_EQ(diff(x.to(kInt32), 1, 1, column).dtype(), kFloat32);
  EXPECT_EQ(diff(x, 4, 1, column, column).shape(), (Shape{2, 0}));
}

}  // namespace
}  // namespace gradus::testing
