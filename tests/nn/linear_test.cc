#include "nn/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/module_cases.h"
#include "tests/support/threads.h"

namespace gradus::nn {
namespace {

using testing::expect_close;
using testing::expect_gradients;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::gap_parameter;

// A layer that has the given variables for its own.
Linear layer_with(const Variable& weight, const Variable& bias) {
  Generator rng(0);
  Linear layer(weight.dim(1), weight.dim(0), rng, bias.defined(), kFloat64);
  layer.weight = Parameter(weight);
  if (bias.defined()) layer.bias = Parameter(bias);
  return layer;
}

TEST(Linear, IsThatOfPyTorch) {
  testing::check_module("linear", [](const testing::ModuleCase& c) {
    return testing::made(Linear(c.integer("in_features"), c.integer("out_features"), c.rng,
                                c.flag("bias"), c.dtype));
  });
}

TEST(Linear, GradientsAgreeWithDifferences) {
  const Variable w = gap_parameter({2, 3}, -1, 1, 1), b = gap_parameter({2}, -1, 1, 2);
  const Linear layer = layer_with(w, b);
  const Linear no_bias = layer_with(w, Variable());
  for (const Shape& shape : {Shape{4, 3}, Shape{1, 3}, Shape{3}, Shape{0, 3}}) {
    const Variable x = gap_parameter(shape, -1, 1, 3);
    expect_gradients("linear", [&](auto in) { return layer(in[0]); }, {x, w, b});
    expect_gradients("linear", [&](auto in) { return no_bias(in[0]); }, {x, w});
  }
}

TEST(Linear, TakesEveryBatchSize) {
  Generator rng(1);
  const Linear layer(3, 2, rng, true, kFloat64);
  const Tensor x = uniform({5, 3}, -1, 1, rng, kFloat64);
  const Variable all = layer(x);
  EXPECT_EQ(all.shape(), (Shape{5, 2}));
  for (int i = 0; i < 5; ++i) {
    // One row alone; its dot products may be summed in another order: 3 products of size 1.
    expect_close(layer(x.select(0, i)).value(), all.value().select(0, i), 1e-15, 1e-15);
  }
  EXPECT_EQ(layer(zeros({0, 3}, kFloat64)).shape(), (Shape{0, 2}));
  EXPECT_EQ(layer(zeros({3}, kFloat64)).shape(), (Shape{2}));
}

TEST(Linear, TakesStridedInput) {
  Generator rng(1);
  const Linear layer(3, 2, rng, true, kFloat64);
  const Tensor x = uniform({3, 4}, -1, 1, rng, kFloat64).transpose();
  expect_close(layer(x).value(), layer(x.contiguous()).value(), 1e-15, 1e-15);
}

TEST(Linear, StartsUniformlyInTheRangeOfTorch) {
  for (const DType dtype : {kFloat32, kFloat64}) {
    for (const std::int64_t in : {1, 4, 400}) {
      Generator rng(7);
      const Linear layer(in, 100, rng, true, dtype);
      EXPECT_EQ(layer.weight.dtype(), dtype);
      EXPECT_EQ(layer.weight.shape(), (Shape{100, in}));
      EXPECT_EQ(layer.bias.shape(), (Shape{100}));
      const double k = 1 / std::sqrt(static_cast<double>(in));
      for (const Variable& each : {layer.weight, layer.bias}) {
        const std::vector<double> values = each.value().to_vector();
        const double n = static_cast<double>(values.size());
        double sum = 0, squares = 0;
        for (const double value : values) {
          EXPECT_GE(value, static_cast<float>(-k));  // -k itself, rounded, may be drawn
          EXPECT_LE(value, static_cast<float>(k));
          sum += value;
          squares += value * value;
        }
        // Of U(-k, k): sd k / sqrt 3, and k^2 / 3 is the mean of the squares, with the sd
        // k^2 sqrt(4 / 45). 4 standard errors.
        EXPECT_NEAR(sum / n, 0, 4 * k / std::sqrt(3 * n));
        EXPECT_NEAR(squares / n, k * k / 3, 4 * k * k * std::sqrt(4 / 45.0 / n));
      }
    }
  }
}

TEST(Linear, StartDependsOnTheGeneratorAlone) {
  Generator a(3), b(3), c(4);
  const Linear first(5, 4, a), second(5, 4, b), third(5, 4, c), fourth(5, 4, a);
  expect_same_bits(first.weight.value(), second.weight.value());
  expect_same_bits(first.bias.value(), second.bias.value());
  EXPECT_FALSE(bitwise_equal(first.weight.value(), third.weight.value()));
  EXPECT_FALSE(bitwise_equal(first.weight.value(), fourth.weight.value())) << "rng must go on";
}

TEST(Linear, NamesItsParameters) {
  Generator rng(1);
  const Linear layer(3, 2, rng), no_bias(3, 2, rng, false);
  const auto named = layer.named_parameters();
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].first, "weight");
  EXPECT_EQ(named[1].first, "bias");
  EXPECT_EQ(named[0].second.node(), layer.weight.node());
  EXPECT_TRUE(named[0].second.requires_grad());
  ASSERT_EQ(no_bias.named_parameters().size(), 1u);
  EXPECT_FALSE(no_bias.bias.defined());
}

TEST(Linear, WrongInputIsAnError) {
  Generator rng(1);
  const Linear layer(784, 10, rng), no_bias(784, 10, rng, false);
  for (const Linear* each : {&layer, &no_bias}) {
    const auto expect = [&](const Shape& shape, const std::string& text) {
      expect_throws_text<ShapeError>([&] { (*each)(zeros(shape)); }, text);
    };
    expect({32, 100}, "[Linear] x is [32, 100]; expected [..., 784]");
    expect({100}, "[Linear] x is [100]; expected [..., 784]");
    expect({784, 32}, "[Linear] x is [784, 32]; expected [..., 784]");
    expect({}, "[Linear] x is []; expected [..., 784]");
    EXPECT_THROW((*each)(zeros({2, 784}, kInt64)), DTypeError);
    EXPECT_THROW((*each)(Variable()), Error);
  }
}

TEST(Linear, LetsNanThrough) {
  Generator rng(1);
  const Linear layer(2, 2, rng);
  layer.weight.value().copy_from(tensor({{NAN, 1}, {2, 3}}));
  const Variable x = parameter(tensor({{0, 1}, {INFINITY, 1}}));
  const std::vector<double> y = layer(x).value().to_vector();
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[2])) << "NaN times 0 is NaN";
  EXPECT_TRUE(std::isfinite(y[1]) && std::isinf(y[3]));
  layer(x).backward(Variable(ones({2, 2})));
  EXPECT_TRUE(std::isnan(x.grad().value().to_vector()[0]));
  EXPECT_EQ(x.grad().value().to_vector()[1], 4);
}

TEST(Linear, SizesBelowOneAreErrors) {
  Generator rng(1);
  expect_throws_text<ConfigError>([&] { Linear(0, 2, rng); }, "[Linear] in: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Linear(3, 0, rng); }, "[Linear] out: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { Linear(-4, 2, rng); }, "[Linear] in: -4; expected >= 1");
  EXPECT_THROW(Linear(3, 2, rng, true, kInt64), DTypeError);
}

TEST(Linear, GivesTheSameBitsOnAnyNumberOfThreads) {
  Generator rng(1);
  const Linear layer(300, 70, rng);
  const Tensor x = uniform({500, 300}, -1, 1, rng);
  testing::same_on_all_threads([&] { return layer(x).value(); });
  testing::same_on_all_threads([&] {
    layer.zero_grad();
    const Variable y = layer(x);
    y.backward(Variable(ones_like(y.value())));
    return layer.weight.grad().value().clone();
  });
}

}  // namespace
}  // namespace gradus::nn
