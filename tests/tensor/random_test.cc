#include "tensor/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The known answers that Random123, the library of the paper, ships with.
TEST(Philox, GivesTheKnownAnswersOfThePaper) {
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Generators, CounterAndSeedFillTheWholePhiloxInput) {
  const std::uint64_t seed = 0x299f31d0a4093822;
  EXPECT_EQ(Generator(seed).words(0x85a308d3243f6a88),
            philox({0x243f6a88, 0x85a308d3, 0, 0}, {0xa4093822, 0x299f31d0}));
}

TEST(Uniform, StaysInItsHalfOpenRange) {
  Generator generator(1);
  for (DType dtype : {kFloat32, kFloat64}) {
    const Tensor x = uniform({200000}, -2, 5, generator, dtype);
    const std::vector<double> values = x.to_vector();
    EXPECT_GE(*std::min_element(values.begin(), values.end()), -2);
    EXPECT_LT(*std::max_element(values.begin(), values.end()), 5);
    // The largest of 200000 numbers is within 1e-4 of the end with probability 1 - e^-20.
    EXPECT_LT(*std::min_element(values.begin(), values.end()), -2 + 7e-4);
    EXPECT_GT(*std::max_element(values.begin(), values.end()), 5 - 7e-4);
  }
  // In float32 almost every number of this interval rounds to its end.
  const Tensor narrow = uniform({1000}, 1, std::nextafter(1.0f, 2.0f), generator);
  EXPECT_EQ(narrow.to_vector(), std::vector<double>(1000, 1));
  EXPECT_EQ(uniform({3}, 2, 2, generator).to_vector(), std::vector<double>(3, 2));
}

// Sums of n independent numbers lie within 5 standard deviations but for one seed in a million;
// the seeds are fixed, so a failure is no accident.
constexpr double kZ = 5;

TEST(Uniform, HasItsMomentsAndNoCorrelation) {
  Generator generator(2);
  const std::int64_t n = 1 << 20;
  const std::vector<double> x = uniform({n}, 0, 1, generator, kFloat64).to_vector();
  double mean = 0, square = 0, neighbour = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double d = x[i] - 0.5;
    mean += d / n;
    square += d * d / n;
    neighbour += d * (x[(i + 1) % n] - 0.5) / n;
  }
  EXPECT_NEAR(mean, 0, kZ * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(square, 1.0 / 12, kZ * std::sqrt(1.0 / 180 / n));
  EXPECT_NEAR(neighbour, 0, kZ / 12 / std::sqrt(n));
}

TEST(Normal, HasItsMomentsAndTails) {
  Generator generator(3);
  const std::int64_t n = 1 << 20;
  const std::vector<double> x = normal({n}, 3, 2, generator, kFloat64).to_vector();
  double mean = 0, variance = 0, third = 0, fourth = 0, beyond = 0;
  for (double v : x) {
    const double z = (v - 3) / 2;
    mean += z / n;
    variance += z * z / n;
    third += z * z * z / n;
    fourth += z * z * z * z / n;
    beyond += std::fabs(z) > 1.959963984540054 ? 1.0 / n : 0;
  }
  EXPECT_NEAR(mean, 0, kZ / std::sqrt(n));
  EXPECT_NEAR(variance, 1, kZ * std::sqrt(2.0 / n));
  EXPECT_NEAR(third, 0, kZ * std::sqrt(15.0 / n));
  EXPECT_NEAR(fourth, 3, kZ * std::sqrt(96.0 / n));
  EXPECT_NEAR(beyond, 0.05, kZ * std::sqrt(0.05 * 0.95 / n));
  EXPECT_EQ(normal({4}, 1.5, 0, generator).to_vector(), std::vector<double>(4, 1.5));
}

TEST(Permutation, HasEveryNumberOnce) {
  Generator generator(4);
  for (std::int64_t n : {0, 1, 2, 1000}) {
    std::vector<double> order = permutation(n, generator).to_vector();
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, arange(n).to_vector());
  }
}

TEST(Permutation, OfFourComesInAllOrdersEquallyOften) {
  Generator generator(5);
  std::map<std::vector<double>, double> count;
  const int draws = 24000;
  for (int i = 0; i < draws; ++i) ++count[permutation(4, generator).to_vector()];
  EXPECT_EQ(count.size(), 24u);
  double chi_square = 0;
  for (const auto& [order, times] : count) {
    chi_square += (times - draws / 24.0) * (times - draws / 24.0) / (draws / 24.0);
  }
  EXPECT_LT(chi_square, 58.6);  // 23 degrees of freedom: exceeded once in 16000 seeds
  EXPECT_GT(chi_square, 5.0);   // and below this as rarely
}

TEST(Below, IsUniformForNumbersThatDoNotDivideTheRange) {
  Generator generator(6);
  // With 2^64 / n = 1.33 a plain remainder would give the lowest third twice as often.
  const std::uint64_t n = 3ull << 62;
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += generator.below(n) < n / 3;
  EXPECT_NEAR(low, 10000, kZ * std::sqrt(30000 * 2.0 / 9));
  EXPECT_EQ(generator.below(1), 0u);
}

TEST(Generators, GiveTheSameNumbersOnAnyNumberOfThreads) {
  same_on_all_threads([] {
    Generator generator(7);
    return normal({100000}, 0, 1, generator);
  });
  same_on_all_threads([] {
    Generator generator(7);
    return uniform({100000}, 0, 1, generator, kFloat64);
  });
}

TEST(Generators, GoOnFromASavedPosition) {
  Generator generator(8);
  (void)normal({5, 3}, 0, 1, generator);
  (void)permutation(7, generator);
  const std::uint64_t position = generator.position();
  const Tensor expected = normal({11}, 0, 1, generator);
  Generator resumed(8);
  resumed.set_position(position);
  expect_same_bits(normal({11}, 0, 1, resumed), expected);
}

TEST(Generators, GiveElementsThatDependOnTheirPositionAlone) {
  Generator at_once(9), in_parts(9);
  const Tensor all = uniform({10}, 0, 1, at_once);
  const Tensor first = uniform({4}, 0, 1, in_parts), second = uniform({2, 3}, 0, 1, in_parts);
  expect_same_bits(first, all.slice(0, {0, 4}));
  expect_same_bits(second.reshape({6}), all.slice(0, {4}));
  EXPECT_EQ(at_once.position(), 10u);
}

TEST(Generators, OfDifferentSeedsDiffer) {
  Generator a(0), b(1), c(std::uint64_t{1} << 32);
  const Tensor x = uniform({4}, 0, 1, a), y = uniform({4}, 0, 1, b), z = uniform({4}, 0, 1, c);
  EXPECT_FALSE(bitwise_equal(x, y));
  EXPECT_FALSE(bitwise_equal(x, z));
  EXPECT_FALSE(bitwise_equal(y, z));
}

TEST(Generators, RejectImpossibleArgumentsAndUseNoNumbers) {
  Generator g(1);
  expect_throws_text<ConfigError>(
      [&] { uniform({2}, 1, 0, g); },
      "[uniform] low, high: 1, 0; expected finite numbers, low <= high");
  expect_throws_text<ConfigError>(
      [&] { uniform({2}, 0, INFINITY, g); },
      "[uniform] low, high: 0, inf; expected finite numbers, low <= high");
  expect_throws_text<ConfigError>([&] { normal({2}, 0, -1, g); },
                                  "[normal] mean, std: 0, -1; expected finite numbers, std >= 0");
  expect_throws_text<DTypeError>([&] { normal({2}, 0, 1, g, kInt64); },
                                 "[normal] dtype: int64; expected float32 or float64");
  expect_throws_text<ShapeError>([&] { uniform({-1}, 0, 1, g); },
                                 "[uniform] shape: [-1]; expected sizes >= 0");
  EXPECT_EQ(g.position(), 0u);
}

}  // namespace
}  // namespace gradus::testing
