#include "data/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::data {
namespace {

using testing::expect_throws_text;

TEST(SyntheticRegression, WithoutNoiseEveryTargetIsTheLine) {
  Generator generator(1);
  const TensorDataset d = synthetic_regression(tensor({2, -3.4}, kFloat64), 4.2, 500, 0, generator);
  ASSERT_EQ(d.features.shape(), Shape({500, 2}));
  ASSERT_EQ(d.targets.shape(), Shape({500, 1}));
  EXPECT_EQ(d.features.dtype(), kFloat64);
  const auto x = d.features.to_vector(), y = d.targets.to_vector();
  for (int i = 0; i < 500; ++i) {
    EXPECT_NEAR(y[i], 2 * x[2 * i] - 3.4 * x[2 * i + 1] + 4.2, 1e-14);
  }
}

TEST(SyntheticRegression, FeaturesAndNoiseHaveTheirMoments) {
  constexpr int kSamples = 100000;
  Generator generator(2);
  const TensorDataset d =
      synthetic_regression(tensor({2, -3.4}, kFloat64).unsqueeze(1), 4.2, kSamples, 0.5, generator);
  const auto x = d.features.to_vector(), y = d.targets.to_vector();
  double sum_x = 0, sum_xx = 0, sum_e = 0, sum_ee = 0, sum_ex = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double e = y[i] - (2 * x[2 * i] - 3.4 * x[2 * i + 1] + 4.2);
    sum_x += x[2 * i];
    sum_xx += x[2 * i] * x[2 * i];
    sum_e += e;
    sum_ee += e * e;
    sum_ex += e * x[2 * i];
  }
  // Five standard errors of each mean.
  const double error = 5 / std::sqrt(kSamples);
  EXPECT_NEAR(sum_x / kSamples, 0, error);
  EXPECT_NEAR(sum_xx / kSamples, 1, std::sqrt(2) * error);
  EXPECT_NEAR(sum_e / kSamples, 0, 0.5 * error);
  EXPECT_NEAR(sum_ee / kSamples, 0.25, 0.25 * std::sqrt(2) * error);
  EXPECT_NEAR(sum_ex / kSamples, 0, 0.5 * error);
}

TEST(SyntheticRegression, SeedAloneDecidesTheNumbers) {
  const auto make = [](std::uint64_t seed) {
    Generator generator(seed);
    return synthetic_regression(tensor({1, 2}), 3, 70000, 0.1, generator);
  };
  const auto features = testing::same_on_all_threads([&] { return make(7).features; });
  testing::same_on_all_threads([&] { return make(7).targets; });
  EXPECT_EQ(features.dtype(), kFloat32);
  EXPECT_FALSE(bitwise_equal(features, make(8).features));
}

TEST(SyntheticRegression, RefusesWrongArguments) {
  Generator generator(1);
  const auto make = [&](const Tensor& w, std::int64_t n, double noise) {
    return [&generator, w, n, noise] { synthetic_regression(w, 0, n, noise, generator); };
  };
  const Tensor w = tensor({1, 2});
  expect_throws_text<ConfigError>(make(w, 0, 1), "[synthetic_regression] n: 0; expected >= 1");
  expect_throws_text<ConfigError>(
      make(w, 1, -1), "[synthetic_regression] noise_std: -1; expected a finite number >= 0");
  expect_throws_text<ConfigError>(
      make(w, 1, std::nan("")),
      "[synthetic_regression] noise_std: nan; expected a finite number >= 0");
  expect_throws_text<ConfigError>(
      make(w, 1, std::numeric_limits<double>::infinity()),
      "[synthetic_regression] noise_std: inf; expected a finite number >= 0");
  expect_throws_text<ShapeError>(
      make(zeros({2, 2}), 1, 1),
      "[synthetic_regression] w: shape [2, 2]; expected [d] or [d, 1] with d >= 1");
  expect_throws_text<ShapeError>(
      make(zeros({0}), 1, 1),
      "[synthetic_regression] w: shape [0]; expected [d] or [d, 1] with d >= 1");
  expect_throws_text<DTypeError>(make(zeros({2}, kInt64), 1, 1),
                                 "[synthetic_regression] w: int64; expected float32 or float64");
  EXPECT_EQ(generator.position(), 0u) << "a refused call must not use up random numbers";
}

}  // namespace
}  // namespace gradus::data
