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

TEST(Uniform, StaysInItsRangeInHalfPrecisionToo) {
  Generator generator(17);
  for (DType dtype : {kFloat16, kBFloat16}) {
    for (const auto& [low, high] : {std::pair{-2.0, 5.0}, {0.0, 1.0}, {-1.0, 0.0}, {-7.0, -3.0}}) {
      for (double v : uniform({20000}, low, high, generator, dtype).to_vector()) {
        ASSERT_TRUE(v >= low && v < high) << v << " in " << name(dtype);
      }
    }
  }
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

TEST(Normal, IsTheFormulaOfBoxAndMullerOnTheWordsOfEachElement) {
  Generator generator(10);
  generator.set_position((std::uint64_t{1} << 32) - 7);  // counters that carry into the upper word
  const std::uint64_t first = generator.position();
  const std::vector<double> x = normal({37}, 3, 2, generator, kFloat64).to_vector();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Words w = generator.words(first + i);
    const auto unit = [](std::uint32_t a, std::uint32_t b) {
      return std::ldexp(static_cast<double>((std::uint64_t{a} << 32 | b) >> 11), -53);
    };
    const double expected = 3 + 2 * std::sqrt(-2 * std::log(1 - unit(w[0], w[1]))) *
                                    std::cos(2 * M_PI * unit(w[2], w[3]));
    EXPECT_NEAR(x[i], expected, 1e-14 * 10) << i;  // 4 ulp of the vector functions, times 10
  }
}

TEST(Exponential, HasItsMomentsAndTail) {
  Generator generator(11);
  const std::int64_t n = 1 << 20;
  const std::vector<double> x = exponential({n}, 0.5, generator, kFloat64).to_vector();
  double mean = 0, square = 0, beyond = 0;
  for (double v : x) {
    EXPECT_GE(v, 0);
    mean += v / n;
    square += v * v / n;
    beyond += v > 6 ? 1.0 / n : 0;
  }
  EXPECT_NEAR(mean, 2, kZ * 2 / std::sqrt(n));
  EXPECT_NEAR(square, 8, kZ * 4 * std::sqrt(20.0 / n));  // E x^4 - (E x^2)^2 = (24 - 4) 2^4
  EXPECT_NEAR(beyond, std::exp(-3), kZ * std::sqrt(std::exp(-3) / n));
}

TEST(Bernoulli, IsOneWithItsProbabilityInAnyDtype) {
  Generator generator(12);
  const std::int64_t n = 1 << 20;
  for (DType dtype : {kBool, kInt64, kFloat32, kFloat64}) {
    const Tensor x = bernoulli({n}, 0.3, generator, dtype);
    EXPECT_EQ(x.dtype(), dtype);
    double ones = 0;
    for (double v : x.to_vector()) {
      EXPECT_TRUE(v == 0 || v == 1);
      ones += v;
    }
    EXPECT_NEAR(ones, 0.3 * n, kZ * std::sqrt(0.21 * n));
  }
  EXPECT_EQ(bernoulli({5}, 0, generator).to_vector(), std::vector<double>(5, 0));
  EXPECT_EQ(bernoulli({5}, 1, generator).to_vector(), std::vector<double>(5, 1));
}

TEST(Bernoulli, TakesAProbabilityForEachElement) {
  Generator generator(13);
  const std::int64_t n = 100000;
  const Tensor p = tensor({{0}, {0.25}, {1}}).expand({3, n});
  const Tensor x = bernoulli(p, generator);
  EXPECT_EQ(x.shape(), p.shape());
  double ones[3] = {};
  const std::vector<double> values = x.to_vector();
  for (std::int64_t i = 0; i < 3 * n; ++i) ones[i / n] += values[i];
  EXPECT_EQ(ones[0], 0);
  EXPECT_NEAR(ones[1], 0.25 * n, kZ * std::sqrt(0.25 * 0.75 * n));
  EXPECT_EQ(ones[2], n);
}

TEST(Randint, HitsAllNumbersOfItsRangeEquallyOften) {
  Generator generator(14);
  const std::int64_t n = 70000;
  double count[7] = {};
  for (double v : randint(-3, 4, {n}, generator).to_vector()) {
    ASSERT_TRUE(v >= -3 && v <= 3);
    ++count[static_cast<int>(v) + 3];
  }
  double chi_square = 0;
  for (double c : count) chi_square += (c - n / 7.0) * (c - n / 7.0) / (n / 7.0);
  EXPECT_LT(chi_square, 30);   // 6 degrees of freedom: exceeded once in 25000 seeds
  EXPECT_GT(chi_square, 0.2);  // and below this once in 5000
}

TEST(Randint, CoversTheWholeRangeOfInt64) {
  Generator generator(15);
  const Tensor x = randint(INT64_MIN, INT64_MAX, {10000}, generator);
  const std::int64_t* v = x.data<std::int64_t>();
  const auto negative = std::count_if(v, v + 10000, [](std::int64_t i) { return i < 0; });
  EXPECT_NEAR(static_cast<double>(negative), 5000, kZ * 50);
  EXPECT_EQ(randint(INT64_MAX - 1, INT64_MAX, {1}, generator).data<std::int64_t>()[0],
            INT64_MAX - 1);
}

TEST(RandomLike, TakesShapeAndDtypeOfATensor) {
  Generator a(16), b(16);
  const Tensor x = zeros({3, 4}, kFloat64);
  expect_same_bits(uniform_like(x, 1, 2, a), uniform({3, 4}, 1, 2, b, kFloat64));
  expect_same_bits(normal_like(x, 1, 2, a), normal({3, 4}, 1, 2, b, kFloat64));
  expect_same_bits(bernoulli_like(x, 0.5, a), bernoulli({3, 4}, 0.5, b, kFloat64));
  expect_same_bits(randint_like(x, 0, 9, a), randint(0, 9, {3, 4}, b, kFloat64));
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
  same_on_all_threads([] {
    Generator generator(7);
    return randint(0, 1000, {100000}, generator);
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
                                 "[normal] dtype: int64; expected a floating dtype");
  expect_throws_text<ConfigError>([&] { exponential({2}, 0, g); },
                                  "[exponential] rate: 0; expected a finite number > 0");
  expect_throws_text<ConfigError>([&] { bernoulli({2}, 1.5, g); },
                                  "[bernoulli] p: 1.5; expected a probability, 0..1");
  expect_throws_text<ConfigError>(
      [&] {
        bernoulli(tensor({0.5, NAN}), g);
      },
      "[bernoulli] p: nan; expected probabilities, 0..1");
  expect_throws_text<DTypeError>([&] { bernoulli(arange(2), g); },
                                 "[bernoulli] p: int64; expected a floating dtype");
  expect_throws_text<ConfigError>([&] { randint(3, 3, {2}, g); },
                                  "[randint] low, high: 3, 3; expected low < high");
  expect_throws_text<ShapeError>([&] { uniform({-1}, 0, 1, g); },
                                 "[uniform] shape: [-1]; expected sizes >= 0");
  EXPECT_EQ(g.position(), 0u);
}

}  // namespace
}  // namespace gradus::testing
