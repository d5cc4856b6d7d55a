// The layers that drop, and the one whose sizes come with its first input.
#include "nn/dropout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "nn/alpha_dropout.h"
#include "nn/dropout1d.h"
#include "nn/dropout2d.h"
#include "nn/lazy_linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "tensor/elementwise/square.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::made;
using testing::ModuleCase;
using List = std::vector<double>;

TEST(DropoutLayers, AreThoseOfPyTorchWhereNothingIsRandom) {
  testing::check_module("dropout", [](const ModuleCase& c) {
    const std::string layer = c.text("layer");
    const double p = c.number("p");
    if (layer == "Dropout") return made(Dropout(c.rng, p));
    if (layer == "Dropout1d") return made(Dropout1d(c.rng, p));
    if (layer == "Dropout2d") return made(Dropout2d(c.rng, p));
    return made(AlphaDropout(c.rng, p));
  });
}

TEST(DropoutLayers, ArePrintedAsInPyTorch) {
  Generator rng(1);
  const Sequential all(Dropout(rng), Dropout1d(rng, 0.2), Dropout2d(rng, 1), AlphaDropout(rng, 0));
  EXPECT_EQ(to_string(*all[0]), "Dropout(p=0.5, inplace=False)");
  EXPECT_EQ(to_string(*all[1]), "Dropout1d(p=0.2, inplace=False)");
  EXPECT_EQ(to_string(*all[2]), "Dropout2d(p=1.0, inplace=False)");
  EXPECT_EQ(to_string(*all[3]), "AlphaDropout(p=0.0, inplace=False)");
}

TEST(DropoutLayers, AreNothingInEval) {
  Generator rng(1);
  Sequential all{Dropout(rng), Dropout1d(rng), AlphaDropout(rng)};
  all.eval();
  const Variable x = parameter(ones({2, 3, 4}));
  EXPECT_EQ(all(x).node(), x.node());
  for (const auto& [name, stream] : all.named_generators()) EXPECT_EQ(stream->position(), 0u);
}

TEST(DropoutLayers, DependOnTheirOwnStreamAlone) {
  Generator one(7), other(7), different(8);
  const Dropout a(one), b(other), c(different), next(one);
  const Tensor x = ones({1000});
  uniform({50}, 0, 1, other);  // draws of others do not matter
  const Tensor first = a(x).value();
  expect_same_bits(b(x).value(), first);
  EXPECT_FALSE(bitwise_equal(c(x).value(), first));
  EXPECT_FALSE(bitwise_equal(next(x).value(), first)) << "each layer has another stream";
  // A copy in depth goes on where the original stands, and a stream that is set back repeats.
  const Dropout copy = deep_copy(a);
  const Tensor second = a(x).value();
  EXPECT_FALSE(bitwise_equal(second, first));
  expect_same_bits(copy(x).value(), second);
  a.named_generators()[0].second->set_position(0);
  expect_same_bits(a(x).value(), first);
}

// The two numbers of elements in each channel that are zero or not; whole channels only.
void expect_whole_channels(const Tensor& y, std::int64_t size, double p) {
  const List values = y.to_vector();
  const auto channels = static_cast<std::int64_t>(values.size()) / size;
  double dropped = 0;
  for (std::int64_t c = 0; c < channels; ++c) {
    const double first = values[static_cast<std::size_t>(c * size)];
    EXPECT_TRUE(first == 0 || first == 1 / (1 - p)) << first;
    for (std::int64_t i = 1; i < size; ++i) {
      EXPECT_EQ(values[static_cast<std::size_t>(c * size + i)], first);
    }
    dropped += first == 0;
  }
  // 4 standard deviations.
  const auto n = static_cast<double>(channels);
  EXPECT_NEAR(dropped / n, p, 4 * std::sqrt(p * (1 - p) / n));
}

TEST(DropoutLayers, OfChannelsDropThemWhole) {
  Generator rng(3);
  const Dropout1d line(rng, 0.25);
  const Dropout2d image(rng, 0.5);
  expect_whole_channels(line(ones({40, 50, 3}, kFloat64)).value(), 3, 0.25);
  expect_whole_channels(line(ones({2000, 3}, kFloat64)).value(), 3, 0.25);
  expect_whole_channels(image(ones({40, 50, 2, 2}, kFloat64)).value(), 4, 0.5);
  expect_whole_channels(image(ones({2000, 2, 2}, kFloat64)).value(), 4, 0.5);
  const Variable x = parameter(ones({4, 5, 3}, kFloat64));
  const Variable y = line(x);
  expect_same_bits(grad(sum(y), x).value(), y.value());
}

TEST(AlphaDropout, KeepsMeanAndVariance) {
  Generator rng(3);
  const AlphaDropout layer(rng, 0.2);
  const Tensor x = normal({200000}, 0, 1, rng, kFloat64);
  const Variable in = parameter(x);
  const Variable y = layer(in);
  const auto [spread, middle] = var_mean(y.value());
  // 5 standard errors of numbers with variance 1, and of squares with a variance below 4.
  EXPECT_NEAR(middle.item(), 0, 5 / std::sqrt(200000.0));
  EXPECT_NEAR(spread.item(), 1, 5 * 2 / std::sqrt(200000.0));
  // Klambauer et al.: a and b for alpha' = -1.7581 and q = 0.8.
  const double a = 1 / std::sqrt(0.8 + 1.7580993408473766 * 1.7580993408473766 * 0.8 * 0.2);
  const double b = a * 0.2 * 1.7580993408473766, dropped = -a * 1.7580993408473766 + b;
  const List from = x.to_vector(), to = y.value().to_vector();
  const List slope = grad(sum(y), in).value().to_vector();
  int count = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    const bool gone = slope[i] == 0;
    count += gone;
    EXPECT_NEAR(to[i], gone ? dropped : a * from[i] + b, 1e-12);
    EXPECT_NEAR(slope[i], gone ? 0 : a, 1e-12);
  }
  EXPECT_NEAR(count, 200, 4 * std::sqrt(160.0));
}

TEST(DropoutLayers, NameWhatIsWrong) {
  Generator rng(1);
  expect_throws_text<ConfigError>([&] { Dropout(rng, 1.5); },
                                  "[Dropout] p: 1.5; expected a probability, 0..1");
  expect_throws_text<ConfigError>([&] { Dropout1d(rng, -1); },
                                  "[Dropout1d] p: -1; expected a probability, 0..1");
  expect_throws_text<ConfigError>([&] { Dropout2d(rng, 2); },
                                  "[Dropout2d] p: 2; expected a probability, 0..1");
  expect_throws_text<ConfigError>([&] { AlphaDropout(rng, NAN); },
                                  "[AlphaDropout] p: nan; expected a probability, 0..1");
  expect_throws_text<ShapeError>([&] { Sequential(Dropout1d(rng))(ones({4})); },
                                 "[Dropout1d] x is [4]; expected [N, C, L] or [C, L] (in 0)");
  expect_throws_text<ShapeError>(
      [&] {
        Dropout2d{rng}(ones({4, 2}));
      },
      "[Dropout2d] x is [4, 2]; expected [N, C, H, W] or [C, H, W]");
  EXPECT_THROW((Dropout{rng}(ones({4}, kInt64))), DTypeError);
}

TEST(LazyLinear, HasNoParametersBeforeItsFirstInput) {
  Generator rng(1);
  Sequential net(Sequential(LazyLinear(3, rng)), ReLU());
  const auto expect = [](const std::string& asked, auto f) {
    expect_throws_text<ConfigError>(f, "[" + asked +
                                           "] 0.0.weight: has no shape yet; expected one; run one "
                                           "batch through the module first, its input decides");
  };
  expect("parameters", [&] { net.parameters(); });
  expect("parameters", [&] { net.named_parameters(); });
  expect("parameters", [&] { net.zero_grad(); });
  expect("parameters", [&] { net.to(kFloat64); });
  expect("state_dict", [&] { net.state_dict(); });
  net.eval();
  net.train();
  EXPECT_EQ(to_string(*net[0]),
            "Sequential(\n  (0): LazyLinear(in_features=0, out_features=3, bias=True)\n)");
  EXPECT_EQ(net(ones({2, 5})).shape(), (Shape{2, 3}));
  EXPECT_EQ(net.get_parameter("0.0.weight").shape(), (Shape{3, 5}));
  EXPECT_EQ(net.get_parameter("0.0.bias").shape(), (Shape{3}));
  EXPECT_TRUE(net.get_parameter("0.0.weight").requires_grad());
  EXPECT_EQ(net.parameters().size(), 2u);
  EXPECT_EQ(to_string(*net[0]),
            "Sequential(\n  (0): LazyLinear(in_features=5, out_features=3, bias=True)\n)");
}

TEST(LazyLinear, IsInitialisedOnce) {
  Generator rng(1);
  const LazyLinear layer(3, rng, false, kFloat64);
  layer(ones({2, 5}, kFloat64));
  const Tensor weight = layer.weight.value();
  EXPECT_EQ(weight.dtype(), kFloat64);
  const Tensor before = weight.clone();
  for (const double v : before.to_vector()) EXPECT_LE(std::fabs(v), 1 / std::sqrt(5.0));
  EXPECT_NE(before.to_vector()[0], before.to_vector()[1]);
  layer(ones({4, 5}, kFloat64));
  expect_same_bits(layer.weight.value(), before);
  EXPECT_TRUE(layer.weight.value().shares_storage_with(weight));
  expect_throws_text<ShapeError>(
      [&] {
        layer(ones({2, 6}, kFloat64));
      },
      "[Linear] x is [2, 6]; expected [..., 5]");
}

TEST(LazyLinear, LearnsAsALinearDoes) {
  Generator rng(1);
  const LazyLinear lazy(2, rng);
  lazy(ones({1, 3}));
  Generator again(2);
  const Linear plain(3, 2, again);
  plain.weight.value().copy_from(lazy.weight.value());
  plain.bias.value().copy_from(lazy.bias.value());
  const Tensor x = uniform({4, 3}, -1, 1, rng);
  sum(square(lazy(x))).backward();
  sum(square(plain(x))).backward();
  expect_same_bits(lazy.weight.grad().value(), plain.weight.grad().value());
  expect_same_bits(lazy.bias.grad().value(), plain.bias.grad().value());
}

TEST(LazyLinear, StartsTheSameWhateverElseDraws) {
  Generator one(4), other(4);
  const LazyLinear a(3, one), b(3, other);
  uniform({9}, 0, 1, other);
  a(ones({1, 6}));
  b(ones({1, 6}));
  expect_same_bits(a.weight.value(), b.weight.value());
  expect_same_bits(a.bias.value(), b.bias.value());
}

TEST(LazyLinear, IsCopiedInDepthBeforeAndAfter) {
  Generator rng(4);
  const LazyLinear layer(3, rng);
  const LazyLinear before = deep_copy(layer);
  layer(ones({1, 6}));
  EXPECT_THROW(before.parameters(), ConfigError);
  before(ones({1, 6}));
  expect_same_bits(before.weight.value(), layer.weight.value());
  EXPECT_TRUE(before.weight.requires_grad());
  const LazyLinear after = deep_copy(layer);
  after.weight.value().fill(0);
  expect_same_bits(before.weight.value(), layer.weight.value());
  EXPECT_EQ(after.parameters().size(), 2u);
}

TEST(LazyLinear, TakesNoSizeFromABadInput) {
  Generator rng(4);
  const LazyLinear layer(3, rng);
  expect_throws_text<ShapeError>([&] { layer(ones({})); },
                                 "[LazyLinear] x is []; expected [..., in] with in >= 1");
  expect_throws_text<ShapeError>(
      [&] {
        layer(ones({2, 0}));
      },
      "[LazyLinear] x is [2, 0]; expected [..., in] with in >= 1");
  expect_throws_text<DTypeError>(
      [&] {
        layer(ones({2, 2}, kInt64));
      },
      "[LazyLinear] x: int64; expected a floating dtype");
  EXPECT_THROW(layer.parameters(), ConfigError);
  EXPECT_EQ(layer(ones({0, 4})).shape(), (Shape{0, 3}));
  EXPECT_EQ(layer.weight.shape(), (Shape{3, 4}));
  expect_throws_text<ConfigError>([&] { LazyLinear(0, rng); }, "[Linear] out: 0; expected >= 1");
}

}  // namespace
}  // namespace gradus::nn
