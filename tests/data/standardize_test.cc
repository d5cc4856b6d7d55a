#include "data/standardize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/random.h"
#include "tests/support/compare.h"

namespace gradus::data {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;

TEST(Standardize, DividesByThePopulationDeviation) {
  // Column 0: mean 2, deviations -1 0 1, variance 2/3 (not 2/2). Column 1: mean 20, twice 10^2.
  const Tensor x = tensor({{1, 10}, {2, 20}, {3, 30}}, kFloat64);
  const Standardizer s = Standardizer::fit(x);
  expect_close(s.mean, tensor({2, 20}), 0, 1e-15);
  expect_close(s.std, tensor({std::sqrt(2.0 / 3), std::sqrt(200.0 / 3)}, kFloat64), 0, 1e-14);
  const double z = std::sqrt(1.5);
  expect_close(standardize(x), tensor({{-z, -z}, {0, 0}, {z, z}}, kFloat64), 0, 1e-15);
}

TEST(Standardize, AppliesTheStatisticsOfOtherRows) {
  const Standardizer s = Standardizer::fit(tensor({{0, 0}, {2, 20}}));
  expect_close(s.apply(tensor({{3, 0}})), tensor({{2, -1}}), 0, 0);
}

TEST(Standardize, ComputesInFloat64AndKeepsTheDtype) {
  // In float32 the mean of values near 1e7 would be off by about 1, as much as their deviation.
  Generator generator(3);
  const Tensor x = uniform({1000, 1}, 1e7, 1e7 + 4, generator, kFloat32);
  const Tensor z = standardize(x);
  EXPECT_EQ(z.dtype(), kFloat32);
  expect_close(z, standardize(x.to(kFloat64)), 0, 1e-6);  // float32 rounding of z, |z| < 2
  EXPECT_EQ(Standardizer::fit(x).mean.dtype(), kFloat64);
}

TEST(Standardize, TakesViewsAndMoreAxes) {
  const Tensor x = tensor({{1, 2, 4}, {5, 9, 3}}, kFloat64);
  expect_same_bits(standardize(x.transpose()), standardize(x.transpose().clone()));
  const Tensor cube = from_values({1, 2, 3, 4, 5, 7, 9, 11}, {2, 2, 2}, kFloat64);
  expect_same_bits(standardize(cube).reshape({2, 4}), standardize(cube.reshape({2, 4})));
}

TEST(Standardize, GivesTheSameBitsOnADevice) {
  Generator generator(5);
  const Tensor x = uniform({50, 3}, -2, 7, generator, kFloat32);
  const Tensor there = standardize(x.to(kCudaEmulated));
  EXPECT_EQ(there.device(), kCudaEmulated);
  expect_same_bits(there, standardize(x));
}

TEST(Standardize, NamesColumnsThatCannotBeScaled) {
  expect_throws_text<ConfigError>(
      [] {
        standardize(tensor({{1, 71.5}, {2, 71.5}}));
      },
      "[standardize] column 1: constant (every row is 71.5); expected "
      "at least two values; drop it");
  // The mean of 0.1 is not exactly 0.1, so that the deviation alone would not tell.
  expect_throws_text<ConfigError>(
      [] {
        standardize(full({10, 1}, 0.1, kFloat64));
      },
      "[standardize] column 0: constant (every row is 0.1); expected "
      "at least two values; drop it");
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  expect_throws_text<ConfigError>(
      [&] {
        standardize(tensor({{1, 1}, {2, nan}}));
      },
      "[standardize] column 1: mean is nan; expected finite numbers");
  expect_throws_text<ConfigError>(
      [&] {
        standardize(tensor({{inf, 1}, {2, 2}}));
      },
      "[standardize] column 0: mean is inf; expected finite numbers");
  expect_throws_text<ConfigError>(
      [] {
        standardize(tensor({1e300, -1e300}, kFloat64).unsqueeze(1));
      },
      "[standardize] column 0: standard deviation is inf; expected finite numbers");
}

TEST(Standardize, RefusesWrongShapesAndDtypes) {
  expect_throws_text<ShapeError>(
      [] {
        standardize(zeros({0, 2}));
      },
      "[standardize] x: shape [0, 2]; expected rows along axis 0, at least one");
  expect_throws_text<ShapeError>(
      [] { standardize(zeros({})); },
      "[standardize] x: shape []; expected rows along axis 0, at least one");
  expect_throws_text<DTypeError>(
      [] {
        standardize(zeros({2, 2}, kInt64));
      },
      "[standardize] x: int64; expected float32 or float64; convert with to(kFloat32)");
  const Standardizer s = Standardizer::fit(tensor({{0, 0}, {2, 20}}));
  expect_throws_text<ShapeError>(
      [&] {
        s.apply(zeros({4, 3}));
      },
      "[standardize] x: shape [4, 3]; expected rows of shape [2], as in fit");
  EXPECT_THROW(standardize(Tensor()), Error);
  EXPECT_THROW(Standardizer().apply(zeros({4, 3})), Error);
}

}  // namespace
}  // namespace gradus::data
