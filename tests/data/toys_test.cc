#include "data/toys.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "data/images.h"
#include "tensor/elementwise/pow.h"
#include "tests/support/compare.h"

namespace gradus::data {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;

std::map<double, int> class_counts(const TensorDataset& set) {
  std::map<double, int> counts;
  for (const double type : set.targets.to_vector()) ++counts[type];
  return counts;
}

TEST(Toys, SpiralsWindAroundTheOrigin) {
  Generator rng(1);
  const TensorDataset set = spirals(100, 3, 0, rng);
  EXPECT_EQ(set.features.shape(), (Shape{100, 2}));
  EXPECT_EQ(class_counts(set), (std::map<double, int>{{0, 34}, {1, 33}, {2, 33}}));
  const auto x = set.features.to_vector();
  // Sample 3 k of class 0 is number k of 34: radius k / 33, angle 4 k / 33.
  for (std::size_t k = 0; k < 34; ++k) {
    const double r = static_cast<double>(k) / 33;
    EXPECT_NEAR(x[6 * k], r * std::cos(4 * r), 1e-6);
    EXPECT_NEAR(x[6 * k + 1], r * std::sin(4 * r), 1e-6);
  }
}

TEST(Toys, MoonsReachIntoEachOther) {
  Generator rng(1);
  const TensorDataset set = moons(6, 0, rng);
  expect_close(set.features,
               tensor({{1.0, 0.0}, {0.0, 0.5}, {0.0, 1.0}, {1.0, -0.5}, {-1.0, 0.0}, {2.0, 0.5}}),
               0, 1e-6);
  expect_same_bits(set.targets, tensor({0, 1, 0, 1, 0, 1}).to(kInt64));
}

TEST(Toys, XorIsOneWhereSignsDiffer) {
  Generator rng(1);
  const TensorDataset set = xor_points(200, 0.1, rng);
  const auto x = set.features.to_vector(), y = set.targets.to_vector();
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(x[2 * i] * x[2 * i + 1] < 0, y[i] == 1);
  EXPECT_EQ(class_counts(set).at(1), 100);
}

TEST(Toys, BlobsLieAroundTheirCentres) {
  Generator rng(1);
  const TensorDataset set = blobs(9999, tensor({{5.0, 0.0, 0.0}, {0.0, -7.0, 2.0}}), 0.5, rng);
  const auto x = set.features.to_vector();
  double sum = 0;
  for (std::size_t i = 0; i < 5000; ++i) sum += x[6 * i];
  EXPECT_NEAR(sum / 5000, 5, 5 * 0.5 / std::sqrt(5000.0));  // 5 standard deviations
  EXPECT_EQ(class_counts(set), (std::map<double, int>{{0, 5000}, {1, 4999}}));
}

TEST(Toys, AddingProblemMarksOneNumberInEachHalf) {
  Generator rng(1);
  const TensorDataset set = adding_problem(50, 7, rng);
  EXPECT_EQ(set.features.shape(), (Shape{50, 7, 2}));
  const auto x = set.features.to_vector(), y = set.targets.to_vector();
  for (std::size_t i = 0; i < 50; ++i) {
    double sum = 0, first = 0, second = 0;
    for (std::size_t t = 0; t < 7; ++t) {
      const double mark = x[14 * i + 2 * t + 1];
      sum += mark * x[14 * i + 2 * t];
      (t < 3 ? first : second) += mark;
    }
    EXPECT_FLOAT_EQ(static_cast<float>(y[i]), static_cast<float>(sum));
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 1);
  }
}

TEST(Toys, CopyingProblemRepeatsBehindTheMark) {
  Generator rng(1);
  const TensorDataset set = copying_problem(20, 3, 4, rng);
  const auto x = set.features.to_vector(), y = set.targets.to_vector();
  ASSERT_EQ(set.features.shape(), (Shape{20, 10}));
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t t = 0; t < 10; ++t) {
      const double token = x[10 * i + t], target = y[10 * i + t];
      EXPECT_TRUE(t < 3 ? token >= 1 && token <= 8 : token == (t == 6 ? 9 : 0));
      EXPECT_EQ(target, t < 7 ? 0 : x[10 * i + t - 7]);
    }
  }
}

TEST(Toys, RefuseWhatMakesNoSense) {
  Generator rng(1);
  expect_throws_text<ConfigError>([&] { spirals(0, 2, 0, rng); }, "[spirals] n: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { spirals(2, 0, 0, rng); },
                                  "[spirals] classes: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { moons(2, -1, rng); },
                                  "[moons] noise: -1; expected a finite number >= 0");
  expect_throws_text<ShapeError>([&] { blobs(2, zeros({3}), 1, rng); },
                                 "[blobs] centres is [3]; expected [classes, d]");
  expect_throws_text<ConfigError>([&] { adding_problem(1, 1, rng); },
                                  "[adding_problem] length: 1; expected >= 2");
  expect_throws_text<ConfigError>([&] { copying_problem(1, 1, 0, rng); },
                                  "[copying_problem] wait: 0; expected >= 1");
}

TEST(Images, AreNormalizedPerChannel) {
  const Tensor x = arange(8, kFloat32).reshape({2, 2, 2});
  expect_close(normalize(x, {1, 4}, {2, 0.5}).flatten(),
               tensor({-0.5, 0.0, 0.5, 1.0, 0.0, 2.0, 4.0, 6.0}), 0, 1e-6);
  expect_throws_text<ConfigError>(
      [&] {
        normalize(x, {1, 4}, {2, 0});
      },
      "[normalize] std: 0; expected numbers > 0");
  expect_throws_text<ConfigError>(
      [&] { normalize(x, {1}, {2}); },
      "[normalize] mean, std: 1 and 1 numbers; expected 2, one per channel");
}

TEST(Images, FlipsAndCropsComeFromTheGenerator) {
  const Tensor x = arange(9, kFloat32).reshape({1, 3, 3});
  Generator rng(1);
  EXPECT_EQ(random_flip(x, rng, 1).to_vector(), (std::vector<double>{2, 1, 0, 5, 4, 3, 8, 7, 6}));
  expect_same_bits(random_flip(x, rng, 0), x);
  int corners = 0;
  for (int i = 0; i < 400; ++i) {
    const Tensor part = random_crop(x, 2, 2, rng);
    EXPECT_EQ(part.shape(), (Shape{1, 2, 2}));
    corners += part.to_vector()[0] == 4 ? 1 : 0;  // one of four places
  }
  EXPECT_NEAR(corners, 100, 5 * std::sqrt(75.0));
  EXPECT_EQ(random_crop(x, 5, 5, rng, 1).to_vector()[6], 0);
  EXPECT_EQ(random_crop(x, 5, 5, rng, 1).to_vector()[7], 1);
  expect_throws_text<ShapeError>(
      [&] { random_crop(x, 4, 2, rng); },
      "[random_crop] x is [1, 3, 3]; expected an image of at least 4 x 2 with its padding 0");
}

TEST(Images, AreTransformedOnADevice) {
  Generator rng(3);
  const Tensor x = uniform({3, 5, 4}, 0, 1, rng), there = x.to(kCudaEmulated);
  const std::vector<double> mean = {0.1, 0.2, 0.3}, std = {0.5, 0.6, 0.7};
  expect_same_bits(normalize(there, mean, std), normalize(x, mean, std));
  expect_same_bits(resize(there, 7, 3), resize(x, 7, 3));
  Generator a(1), b(1);
  expect_same_bits(random_crop(there, 4, 4, a, 1), random_crop(x, 4, 4, b, 1));
  EXPECT_EQ(random_flip(there, a, 1).device(), kCudaEmulated);
}

TEST(Images, AreResizedAsByPyTorch) {
  const Tensor x = pow(arange(12, kFloat64), 1.5).reshape({1, 3, 4});
  // torch.nn.functional.interpolate(mode="bilinear", align_corners=False), in float64, to 9
  // decimals.
  expect_close(resize(x, 5, 3).flatten(),
               tensor({0.166666667, 1.914213562, 4.80153154, 3.512022659, 6.323983806, 10.034134547,
                       8.530056648, 12.938639172, 17.883039057, 17.425731158, 22.762288649,
                       28.55692963, 23.356180832, 29.311388301, 35.672856679},
                      kFloat64),
               0, 2e-9);
  expect_close(resize(x, 2, 7).flatten(),
               tensor({2.0, 2.551816061, 3.43472176, 4.670319965, 5.990670969, 7.551599057,
                       8.527179111, 18.970562748, 20.425749257, 22.75404767, 25.218201019,
                       27.71995294, 30.34903994, 31.992219315},
                      kFloat64),
               0, 2e-9);
  expect_same_bits(resize(x, 3, 4), x);
  expect_throws_text<ConfigError>([&] { resize(x, 0, 4); },
                                  "[resize] height, width: 0, 4; expected >= 1");
  expect_throws_text<ShapeError>(
      [] {
        resize(zeros({3, 4}), 2, 2);
      },
      "[resize] x is [3, 4]; expected [C, H, W] or [N, C, H, W]");
}

}  // namespace
}  // namespace gradus::data
