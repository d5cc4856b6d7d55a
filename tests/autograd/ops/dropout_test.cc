#include "autograd/ops/dropout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using List = std::vector<double>;

TEST(Dropout, ZeroesWhatItsCountersSay) {
  // By the formula of tensor/dropout.h, one word at a time.
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
    for (const std::int64_t n : {1, 63, 64, 65, 200}) {
      Generator rng(42);
      rng.set_position(7);
      const double p = 0.25;
      const List y = dropout(full({n}, 3, dtype), p, rng).value().to_vector();
      EXPECT_EQ(rng.position(), 7u + 16 * ((n + 63) / 64));
      for (std::int64_t i = 0; i < n; ++i) {
        const std::uint32_t word = rng.words(7 + 16 * (i / 64) + i % 16)[(i % 64) / 16];
        const double expected = word * 0x1p-32 < p ? 0 : 3 / (1 - p);
        EXPECT_NEAR(y[static_cast<std::size_t>(i)], expected, 1e-6) << i;
      }
    }
  }
}

TEST(Dropout, DropsWithTheProbabilityGiven) {
  for (const double p : {0.1, 0.5, 0.9}) {
    constexpr double kCount = 200000;
    Generator rng(3);
    const List y = dropout(ones({400, 500}, kFloat64), p, rng).value().to_vector();
    double zeros = 0;
    for (const double v : y) {
      zeros += v == 0;
      EXPECT_TRUE(v == 0 || v == 1 / (1 - p)) << v;
    }
    // 4 standard deviations: 6 of 100000 seeds fail.
    EXPECT_NEAR(zeros / kCount, p, 4 * std::sqrt(p * (1 - p) / kCount));
  }
}

TEST(Dropout, GradientsHaveTheSameZeros) {
  const Variable x = testing::gap_parameter({5, 30}, -1, 1, 1);
  for (const double p : {0.3, 1.0}) {
    const auto f = [&](std::span<const Variable> in) {
      Generator rng(9);
      return dropout(in[0], p, rng);
    };
    testing::expect_gradients("dropout", f, {x});
    const Variable in[] = {x};
    const Variable y = f(in);
    const List dx = grad(sum(y), x).value().to_vector(), value = y.value().to_vector();
    for (std::size_t i = 0; i < dx.size(); ++i) {
      EXPECT_EQ(dx[i], value[i] == 0 ? 0 : 1 / (1 - p));
    }
  }
}

TEST(Dropout, DependsOnTheGeneratorAlone) {
  Generator rng(1);
  const Tensor x = uniform({300, 301}, -1, 1, rng);
  const auto dropped = [&](const Tensor& of, std::uint64_t seed) {
    Generator draws(seed);
    return dropout(of, 0.4, draws).value();
  };
  const Tensor one = testing::same_on_all_threads([&] { return dropped(x, 5); });
  expect_same_bits(dropped(x.transpose().contiguous().transpose(), 5), one, "other strides");
  EXPECT_FALSE(bitwise_equal(dropped(x, 6), one));
  testing::same_on_all_threads([&] {
    const Variable leaf = parameter(x.clone());
    Generator draws(5);
    return grad(sum(dropout(leaf, 0.4, draws)), leaf).value();
  });
  Generator draws(5);
  dropout(x, 0.4, draws);
  EXPECT_FALSE(bitwise_equal(dropout(x, 0.4, draws).value(), one)) << "the generator must go on";
}

TEST(Dropout, OfProbabilityZeroOrOneIsExact) {
  Generator rng(1);
  const Variable x = parameter(tensor({1, NAN, INFINITY}));
  EXPECT_EQ(dropout(x, 0, rng).node(), x.node());
  EXPECT_EQ(rng.position(), 0u);
  EXPECT_EQ(dropout(x, 1, rng).value().to_vector(), (List{0, 0, 0}));
  EXPECT_EQ(grad(sum(dropout(x, 1, rng)), x).value().to_vector(), (List{0, 0, 0}));
}

TEST(Dropout, KeepsNanAndDropsIt) {
  Generator rng(2);
  int kept = 0, zeros = 0;
  for (const double v : dropout(full({100}, NAN), 0.5, rng).value().to_vector()) {
    kept += std::isnan(v);
    zeros += v == 0;
  }
  EXPECT_EQ(kept + zeros, 100);
  EXPECT_GT(kept, 20);
  EXPECT_GT(zeros, 20);
}

TEST(Dropout, TakesNothingAndNumbers) {
  Generator rng(2);
  EXPECT_EQ(dropout(ones({0, 3}), 0.5, rng).shape(), (Shape{0, 3}));
  EXPECT_EQ(rng.position(), 0u);
  EXPECT_EQ(dropout(ones({}), 0.5, rng).shape(), Shape{});
}

TEST(Dropout, RefusesWhatItCannotDo) {
  Generator rng(2);
  for (const double p : {-0.5, 1.5}) {
    expect_throws_text<ConfigError>(
        [&] { dropout(ones({2}), p, rng); },
        "[dropout] p: " + to_text(p) + "; expected a probability, 0..1");
  }
  EXPECT_THROW(dropout(ones({2}), NAN, rng), ConfigError);
  for (const double p : {0.0, 0.5}) {
    expect_throws_text<DTypeError>([&] { dropout(ones({2}, kInt64), p, rng); },
                                   "[dropout] x: int64; expected a floating dtype");
    EXPECT_THROW(dropout(Variable(), p, rng), Error);
  }
  EXPECT_EQ(rng.position(), 0u) << "an error must draw nothing";
}

}  // namespace
}  // namespace gradus
