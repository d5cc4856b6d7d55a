// Truncated normal numbers and draws with given probabilities.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

// Sums of n independent numbers lie within 5 standard deviations but for one seed in a million;
// the seeds are fixed, so a failure is no accident.
constexpr double kZ = 5;

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(TruncatedNormal, IsTheQuantileOfTheUniformNumberOfEachElement) {
  // Intervals on both sides, on one, far out, narrow, and so wide that they cut nothing.
  for (const auto& [low, high] : {std::pair{-2.0, 2.0},
                                  {-0.5, 3.0},
                                  {1.0, 1.5},
                                  {-9.0, -8.0},
                                  {8.0, 30.0},
                                  {-37.0, -36.0},
                                  {0.0, 1e-9},
                                  {-100.0, 100.0}}) {
    const double mean = 3, std = 0.5;
    Generator a(21), b(21);
    const std::vector<double> x = truncated_normal({2000}, mean, std, mean + std * low,
                                                   mean + std * high, a, kFloat64)
                                      .to_vector(),
                              u = uniform({2000}, 0, 1, b, kFloat64).to_vector();
    EXPECT_EQ(a.position(), b.position());
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_TRUE(x[i] >= mean + std * low && x[i] <= mean + std * high) << x[i];
      // Backwards: the share of the interval's probability below x, from the end where no digits
      // are lost. An interval above the mean is mirrored.
      const double z = (x[i] - mean) / std;
      const double share = low > 0 ? (phi(-z) - phi(-high)) / (phi(-low) - phi(-high))
                                   : (phi(z) - phi(low)) / (phi(high) - phi(low));
      // mean + std * z loses the digits of z below 2^-53 * mean / std; the density of the interval
      // turns them into a share.
      const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI) /
                             (low > 0 ? phi(-low) - phi(-high) : phi(high) - phi(low));
      EXPECT_NEAR(share, u[i], 1e-12 + 2e-15 * density) << low << " " << high << " " << z;
    }
  }
}

TEST(TruncatedNormal, HasItsMoments) {
  Generator generator(22);
  const std::int64_t n = 1 << 20;
  const std::vector<double> x = truncated_normal({n}, 0, 1, -1, 2, generator, kFloat64).to_vector();
  const auto density = [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * M_PI); };
  const double whole = phi(2) - phi(-1), mean = (density(-1) - density(2)) / whole;
  const double variance = 1 + (-density(-1) - 2 * density(2)) / whole - mean * mean;
  double sum = 0, square = 0;
  for (double v : x) sum += v, square += (v - mean) * (v - mean);
  EXPECT_NEAR(sum / n, mean, kZ * std::sqrt(variance / n));
  EXPECT_NEAR(square / n, variance, kZ * std::sqrt(3 * variance * variance / n));
}

TEST(TruncatedNormal, StaysBetweenItsEndsInEveryFloatingDtype) {
  Generator generator(23);
  for (DType dtype : {kFloat16, kBFloat16, kFloat32, kFloat64}) {
    const Tensor x = truncated_normal({64, 1024}, 0, 0.02, -0.04, 0.04, generator, dtype);
    EXPECT_EQ(x.dtype(), dtype);
    const double end = Tensor(0.04).to(kFloat64).to(dtype).item();
    const std::vector<double> values = x.to_vector();
    EXPECT_LE(*std::max_element(values.begin(), values.end()), end);
    EXPECT_GE(*std::min_element(values.begin(), values.end()), -end);
  }
  EXPECT_EQ(truncated_normal({0, 2}, 0, 1, -2, 2, generator).shape(), (Shape{0, 2}));
}

// How often each index comes, as a chi-square value against the expected numbers.
double chi_square(const std::map<std::vector<std::int64_t>, double>& seen,
                  const std::map<std::vector<std::int64_t>, double>& expected) {
  double sum = 0;
  for (const auto& [key, number] : expected) {
    const auto found = seen.find(key);
    const double difference = (found == seen.end() ? 0 : found->second) - number;
    sum += difference * difference / number;
  }
  return sum;
}

TEST(Multinomial, DrawsWithReplacementByTheProbabilitiesOfEachRow) {
  Generator generator(24);
  const std::int64_t n = 100000;
  const Tensor p = tensor({{1, 0, 3, 4, 0}, {0, 0.25, 0, 0, 0.75}}, kFloat64);
  const Tensor x = multinomial(p, n, true, generator);
  EXPECT_EQ(x.shape(), (Shape{2, n}));
  std::map<std::vector<std::int64_t>, double> seen;
  const std::vector<std::int64_t> values = x.to_vector<std::int64_t>();
  for (std::int64_t i = 0; i < 2 * n; ++i) ++seen[{i / n, values[i]}];
  EXPECT_EQ(seen.size(), 5u);  // nothing of probability 0
  EXPECT_LT(chi_square(seen, {{{0, 0}, n / 8.0},
                              {{0, 2}, n * 3 / 8.0},
                              {{0, 3}, n / 2.0},
                              {{1, 1}, n / 4.0},
                              {{1, 4}, n * 3 / 4.0}}),
            20);  // 3 degrees of freedom: exceeded once in 6000 seeds
}

TEST(Multinomial, IsTheFirstIndexWhoseRunningSumExceedsTheUniformNumber) {
  Generator a(25), b(25);
  const Tensor p = uniform({3, 50}, 0, 1, a, kFloat32);
  b.set_position(a.position());
  const std::vector<double> chance = p.to_vector();
  const std::vector<std::int64_t> got = multinomial(p, 40, true, a).to_vector<std::int64_t>();
  const std::vector<double> u = uniform({3, 40}, 0, 1, b, kFloat64).to_vector();
  for (std::int64_t i = 0; i < 3 * 40; ++i) {
    double whole = 0, sum = 0;
    for (std::int64_t j = 0; j < 50; ++j) whole += chance[i / 40 * 50 + j];
    std::int64_t index = 0;
    while ((sum += chance[i / 40 * 50 + index]) <= u[i] * whole) ++index;
    EXPECT_EQ(got[i], index) << i;
  }
}

TEST(Multinomial, DrawsWithoutReplacementAsOneAfterTheOther) {
  Generator generator(26);
  const double p[] = {0.1, 0.2, 0.3, 0.4};
  const std::int64_t rows = 60000;
  const Tensor x = multinomial(tensor({1, 2, 3, 4}).expand({rows, 4}), 2, false, generator);
  const std::vector<std::int64_t> values = x.to_vector<std::int64_t>();
  std::map<std::vector<std::int64_t>, double> seen, expected;
  for (std::int64_t i = 0; i < rows; ++i) ++seen[{values[2 * i], values[2 * i + 1]}];
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      if (i != j) expected[{i, j}] = rows * p[i] * p[j] / (1 - p[i]);
    }
  }
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_LT(chi_square(seen, expected), 37);  // 11 degrees of freedom: once in 9000 seeds
}

TEST(Multinomial, WithoutReplacementTakesAllThatIsPossibleOnce) {
  Generator generator(27);
  const Tensor p = tensor({{0, 1e-300, 5, 1e300}, {1, 1, 1, 0}}, kFloat64);
  const std::vector<std::int64_t> x = multinomial(p, 3, false, generator).to_vector<std::int64_t>();
  EXPECT_EQ(std::vector<std::int64_t>(x.begin(), x.begin() + 3),
            (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(std::set<std::int64_t>(x.begin() + 3, x.end()), (std::set<std::int64_t>{0, 1, 2}));
}

TEST(Multinomial, TakesRowsOfAnyShapeAndHalves) {
  Generator generator(28);
  const Tensor p = zeros({2, 3, 4}, kFloat16);
  p.select(2, 3).fill(0.5);
  EXPECT_EQ(multinomial(p, 5, true, generator).shape(), (Shape{2, 3, 5}));
  EXPECT_EQ(multinomial(p.transpose(0, 1), 1, false, generator).to_vector(),
            std::vector<double>(6, 3));
  EXPECT_EQ(multinomial(p.select(0, 1).select(0, 2), 0, true, generator).shape(), (Shape{0}));
  EXPECT_EQ(multinomial(zeros({0, 4}), 2, true, generator).shape(), (Shape{0, 2}));
  EXPECT_EQ(multinomial(ones({1}), 3, true, generator).to_vector(), std::vector<double>(3, 0));
}

TEST(Sampling, GivesTheSameNumbersOnAnyNumberOfThreads) {
  same_on_all_threads([] {
    Generator generator(29);
    return truncated_normal({100000}, 0, 1, -2, 2, generator);
  });
  for (bool replacement : {true, false}) {
    same_on_all_threads([&] {
      Generator generator(30);
      const Tensor p = uniform({50, 1000}, 0, 1, generator);
      return multinomial(p, 900, replacement, generator);
    });
  }
}

TEST(Sampling, RejectsImpossibleArgumentsAndUsesNoNumbers) {
  Generator g(1);
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, 0, 0, -2, 2, g); },
      "[truncated_normal] mean, std: 0, 0; expected finite numbers, std > 0");
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, NAN, 1, -2, 2, g); },
      "[truncated_normal] mean, std: nan, 1; expected finite numbers, std > 0");
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, 0, 1, 2, -2, g); },
      "[truncated_normal] low, high: 2, -2; expected finite numbers, low < high");
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, 0, 1, 0, INFINITY, g); },
      "[truncated_normal] low, high: 0, inf; expected finite numbers, low < high");
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, 0, 1, 40, 50, g); },
      "[truncated_normal] low, high: 40, 50; expected one within 37 std of the mean");
  expect_throws_text<ConfigError>(
      [&] { truncated_normal({2}, 0, 1e-300, -50, -40, g); },
      "[truncated_normal] low, high: -50, -40; expected one within 37 std of the mean");
  expect_throws_text<DTypeError>([&] { truncated_normal({2}, 0, 1, -2, 2, g, kInt64); },
                                 "[truncated_normal] dtype: int64; expected a floating dtype");
  expect_throws_text<ShapeError>([&] { truncated_normal({-1}, 0, 1, -2, 2, g); },
                                 "[truncated_normal] shape: [-1]; expected sizes >= 0");
  expect_throws_text<Error>([&] { multinomial(Tensor(), 1, true, g); },
                            "[multinomial] p: undefined tensor; expected one with elements; was it "
                            "default constructed?");
  expect_throws_text<DTypeError>([&] { multinomial(arange(3), 1, true, g); },
                                 "[multinomial] p: int64; expected a floating dtype");
  expect_throws_text<ShapeError>([&] { multinomial(ones({}), 1, true, g); },
                                 "[multinomial] p: shape []; expected at least one axis");
  expect_throws_text<ConfigError>([&] { multinomial(ones({3}), -1, true, g); },
                                  "[multinomial] n: -1; expected n >= 0");
  const Tensor bad = ones({2, 3});
  for (const auto& [value, text] :
       {std::pair{-1.0, "-1"}, {double{NAN}, "nan"}, {double{INFINITY}, "inf"}}) {
    bad.select(0, 1).slice(0, {2}).fill(value);
    expect_throws_text<ConfigError>(
        [&] { multinomial(bad, 1, true, g); },
        "[multinomial] p: " + std::string(text) + " at [1, 2]; expected finite numbers >= 0");
  }
  bad.select(0, 1).fill(0);
  expect_throws_text<ConfigError>(
      [&] { multinomial(bad, 1, true, g); },
      "[multinomial] p: row 1 sums to 0; expected a positive, finite sum");
  expect_throws_text<ConfigError>(
      [&] { multinomial(full({2}, 1e308, kFloat64), 1, true, g); },
      "[multinomial] p: row 0 sums to inf; expected a positive, finite sum");
  expect_throws_text<ConfigError>(
      [&] {
        multinomial(ones({2, 0}), 1, true, g);
      },
      "[multinomial] p: row 0 sums to 0; expected a positive, finite sum");
  bad.select(0, 1).slice(0, {1}).fill(2);
  expect_throws_text<ConfigError>(
      [&] { multinomial(bad, 3, false, g); },
      "[multinomial] n: 3; expected 0..2, the positive probabilities in row 1; or draw with "
      "replacement");
  expect_throws_text<ShapeError>(
      [&] { multinomial(bad, std::int64_t{1} << 60, true, g); },
      "[multinomial] shape: [2, 1152921504606846976]; expected fewer than 2^60 elements");
  EXPECT_EQ(g.position(), 0u);
}

}  // namespace
}  // namespace gradus::testing
