// Attention: central differences of first and second order, masks, dropout and errors.
#include "autograd/ops/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/cat.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/rotary.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/isfinite.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
constexpr const char* kOp = "scaled_dot_product_attention";

std::vector<Variable> operands(const Shape& q, const Shape& k, const Shape& v) {
  return {gap_parameter(q, -2, 2, 1), gap_parameter(k, -2, 2, 2), gap_parameter(v, -2, 2, 3)};
}

void check_attention(const Shape& q, const Shape& k, const Shape& v,
                     const AttentionOptions& options = {}) {
  const auto f = [&](Inputs x) {
    return square(scaled_dot_product_attention(x[0], x[1], x[2], options));
  };
  expect_gradients("scaled_dot_product_attention", f, operands(q, k, v));
}

TEST(Rotary, GradientsAgreeWithDifferences) {
  for (const bool interleaved : {true, false}) {
    expect_gradients("rotary",
                     [&](std::span<const Variable> in) {
                       const Variable y =
                           rotary(in[0], {.base = 7, .interleaved = interleaved, .offset = 2});
                       return y * y;
                     },
                     {gap_parameter({2, 3, 4}, -1, 1, 1)});
  }
}

TEST(Attention, GradientsAreThoseOfDifferences) {
  check_attention({2, 3}, {4, 3}, {4, 2});
  check_attention({2, 3}, {4, 3}, {4, 2}, {.scale = -0.7});
  check_attention({2, 2, 1, 3}, {2, 2, 3, 3}, {2, 2, 3, 2});
  check_attention({1, 1}, {1, 1}, {1, 1});
  check_attention({0, 2}, {3, 2}, {3, 2});
  check_attention({2, 2}, {0, 2}, {0, 2});
  check_attention({2, 0}, {3, 0}, {3, 2}, {.scale = 1});
  check_attention({2, 2}, {3, 2}, {3, 0});
}

TEST(Attention, SumsOverAxesThatWereBroadcast) {
  check_attention({2, 2, 2}, {3, 2}, {1, 3, 2});
  check_attention({2, 2}, {2, 3, 2}, {3, 2});
  check_attention({2, 2}, {3, 2}, {2, 3, 2});
  check_attention({2, 1, 2, 2}, {2, 3, 2}, {1, 1, 3, 1});
}

TEST(Attention, GradientsOfViewsAreThoseOfDifferences) {
  const auto f = [](Inputs x) {
    return square(scaled_dot_product_attention(transpose(x[0]), transpose(x[0]), x[1]));
  };
  expect_gradients("scaled_dot_product_attention", f,
                   {gap_parameter({2, 3}, -2, 2, 1), gap_parameter({3, 2}, -2, 2, 2)});
}

TEST(Attention, GradientsUnderMasksAreThoseOfDifferences) {
  const Tensor some = tensor({{1, 0, 1}, {0, 0, 1}}, kBool);
  const Tensor nothing = tensor({{1, 0, 1}, {0, 0, 0}}, kBool);
  for (const Tensor& mask : {some, nothing, some.select(0, 0), zeros({2, 3}, kBool),
                             tensor({{{1}, {0}}, {{0}, {1}}}, kBool)}) {
    check_attention({2, 2}, {3, 2}, {3, 2}, {.mask = mask});
    check_attention({2, 2, 2}, {2, 3, 2}, {2, 3, 2}, {.mask = mask, .is_causal = true});
  }
  check_attention({3, 2}, {2, 2}, {2, 2}, {.is_causal = true});
}

TEST(Attention, DifferentiatesWhatIsAddedToTheScores) {
  const auto f = [](Inputs x) {
    return square(scaled_dot_product_attention(x[0], x[1], x[2], {.mask = x[3]}));
  };
  for (const Shape& shape :
       {Shape{2, 3}, Shape{3}, Shape{2, 1}, Shape{}, Shape{2, 1, 3}, Shape{1, 1, 2, 3}}) {
    std::vector<Variable> in = operands({2, 2}, {3, 2}, {3, 2});
    in.push_back(gap_parameter(shape, -2, 2, 4));
    expect_gradients("scaled_dot_product_attention", f, in);
    for (int i = 0; i < 3; ++i) in[i] = Variable(in[i].value());
    expect_gradients("scaled_dot_product_attention", f, in);
  }
}

TEST(Attention, OfAQueryThatSeesNoKeyIsZeroWithoutNan) {
  const Tensor added = tensor({{-INFINITY, -INFINITY, -INFINITY}, {-INFINITY, 0, 1}}, kFloat64);
  for (const bool boolean : {false, true}) {
    std::vector<Variable> in = operands({2, 2}, {3, 2}, {3, 2});
    Variable mask = boolean ? Variable(isfinite(added)) : parameter(added);
    if (!boolean) in.push_back(mask);
    const Variable y = scaled_dot_product_attention(in[0], in[1], in[2], {.mask = mask});
    expect_same_bits(y.value().select(0, 0), zeros({2}, kFloat64));
    EXPECT_NE(y.value().at({1, 0}), 0);
    const Variable loss = sum(square(y));
    const auto first = grad(std::span(&loss, 1), in, {}, {.create_graph = true});
    expect_same_bits(first[0].value().select(0, 0), zeros({2}, kFloat64));
    Variable total = 0.0;
    for (const Variable& d : first) {
      EXPECT_TRUE(all(isfinite(d.value())).item());
      total = total + sum(square(d));
    }
    for (const Variable& d : grad(std::span(&total, 1), in)) {
      EXPECT_TRUE(all(isfinite(d.value())).item());
    }
  }
}

TEST(Attention, DropsProbabilitiesAndDifferentiatesTheRest) {
  const auto f = [](Inputs x) {
    Generator generator(9);  // the same at every call
    const AttentionOptions options{.dropout_p = 0.4, .generator = &generator};
    return square(scaled_dot_product_attention(x[0], x[1], x[2], options));
  };
  expect_gradients("scaled_dot_product_attention", f, operands({2, 2, 2}, {2, 3, 2}, {3, 2}));
}

TEST(Attention, KeepsTheMeanUnderDropout) {
  Generator generator(2);
  const Tensor q = zeros({1000, 1}), k = zeros({100, 1}), v = ones({100, 1});
  const Tensor y =
      scaled_dot_product_attention(q, k, v, {.dropout_p = 0.25, .generator = &generator}).value();
  EXPECT_EQ(generator.position(), 100000u);
  EXPECT_NEAR(mean(y).item(), 1, 0.01);  // of 1e5 draws: 5 standard deviations
  EXPECT_NE(y.at({0, 0}), y.at({1, 0}));
  const Tensor nothing =
      scaled_dot_product_attention(q, k, v, {.dropout_p = 1, .generator = &generator}).value();
  expect_same_bits(nothing, zeros({1000, 1}));
}

TEST(Attention, GivesTheSameBitsOnAllThreads) {
  Generator generator(3);
  const Tensor q = normal({2, 3, 70, 16}, 0, 1, generator),
               k = normal({2, 3, 90, 16}, 0, 1, generator);
  const Tensor v = normal({2, 3, 90, 8}, 0, 1, generator);
  same_on_all_threads([&] {
    Generator draws(4);
    const Variable x = parameter(q), y = parameter(k), z = parameter(v);
    sum(square(scaled_dot_product_attention(
            x, y, z, {.is_causal = true, .dropout_p = 0.1, .generator = &draws})))
        .backward();
    return cat(std::vector<Tensor>{x.grad().value().flatten(), y.grad().value().flatten(),
                                   z.grad().value().flatten()});
  });
}

TEST(Attention, OfHalfTypesIsComputedInFloat) {
  Generator generator(5);
  for (const DType half : {kFloat16, kBFloat16}) {
    const auto make = [&](const Shape& shape) { return normal(shape, 0, 1, generator).to(half); };
    const Tensor q = make({3, 4}), k = make({5, 4}), v = make({5, 2});
    const Variable a = parameter(q), b = parameter(q.to(kFloat32));
    const Variable narrow = scaled_dot_product_attention(a, k, v);
    const Variable wide = scaled_dot_product_attention(b, k.to(kFloat32), v.to(kFloat32));
    expect_same_bits(narrow.value(), wide.value().to(half));
    narrow.backward(ones({3, 2}, half));
    wide.backward(ones({3, 2}));
    expect_same_bits(a.grad().value(), b.grad().value().to(half));
  }
}

TEST(Attention, IsTheProductOfItsWeightsAndTheValues) {
  const std::vector<Variable> in = operands({2, 3, 2}, {2, 4, 2}, {2, 4, 3});
  const Tensor mask = tensor({{1, 0, 1, 1}, {0, 0, 0, 0}, {0, 1, 1, 1}}, kBool);
  const auto both = [&](const Variable& q, const Variable& k, const Variable& v, double p) {
    Generator one(7), two(7);
    AttentionOptions options{.mask = mask, .is_causal = true, .dropout_p = p, .generator = &one};
    const Variable y = scaled_dot_product_attention(q, k, v, options);
    options.generator = &two;
    const Variable weights = attention_weights(q, k, options);
    EXPECT_EQ(weights.dtype(), q.dtype());
    return std::pair(y, weights);
  };
  for (const double p : {0.0, 0.3}) {
    const auto [y, weights] = both(in[0], in[1], in[2], p);
    expect_same_bits(matmul(weights, in[2]).value(), y.value());
    expect_same_bits(weights.value().select(1, 1), zeros({2, 4}, kFloat64));
    EXPECT_EQ(weights.value().at({0, 2, 3}), 0);  // later than the query
  }
  const auto half = [&](int i) { return Variable(in[i].value().to(kFloat16)); };
  const Variable sums = sum(both(half(0), half(1), half(2), 0).second, -1);
  expect_close(sums.value().to(kFloat64), tensor({{1, 0, 1}, {1, 0, 1}}, kFloat64), 0, 2e-3);
}

TEST(Attention, ErrorsNameShapesAndTypes) {
  const std::string start = "[" + std::string(kOp) + "] ";
  const Tensor q = zeros({2, 3}), k = zeros({4, 3}), v = zeros({4, 5});
  expect_throws_text<ShapeError>(
      [&] { scaled_dot_product_attention(q, v, v); },
      start +
          "q is [2, 3], k is [4, 5] and v is [4, 5]; expected q [..., L, E], k [..., S, E], v "
          "[..., S, D]");
  expect_throws_text<ShapeError>(
      [&] { scaled_dot_product_attention(q, k, q); },
      start +
          "q is [2, 3], k is [4, 3] and v is [2, 3]; expected q [..., L, E], k [..., S, E], v "
          "[..., S, D]");
  expect_throws_text<ShapeError>(
      [&] { scaled_dot_product_attention(zeros({3}), k, v); },
      start +
          "q is [3], k is [4, 3] and v is [4, 5]; expected q [..., L, E], k [..., S, E], v "
          "[..., S, D]");
  expect_throws_text<ShapeError>(
      [&] {
        scaled_dot_product_attention(zeros({2, 2, 3}), zeros({3, 4, 3}), v);
      },
      start +
          "batch of q is [2] and batch of k is [3]: sizes 2 and 3 of axis -1 differ; expected "
          "equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] {
        scaled_dot_product_attention(zeros({1, 3}), k, v, {.mask = zeros({2, 4}, kBool)});
      },
      start + "mask: shape [2, 4]; expected one that broadcasts to [1, 4], [..., L, S]");
  expect_throws_text<DTypeError>(
      [&] { scaled_dot_product_attention(q, k, v.to(kFloat64)); },
      start + "q is float32, k is float32 and v is float64; expected one floating dtype");
  expect_throws_text<DTypeError>(
      [&] {
        scaled_dot_product_attention(q, k, v, {.mask = zeros({2, 4}, kInt64)});
      },
      start + "mask: int64; expected bool, or float32 as q");
}

TEST(Attention, ErrorsNameOptions) {
  const std::string start = "[" + std::string(kOp) + "] ";
  const Tensor x = zeros({2, 2});
  expect_throws_text<ConfigError>(
      [&] { scaled_dot_product_attention(x, x, x, {.dropout_p = -0.5}); },
      start + "dropout_p: -0.5; expected a probability in 0..1");
  expect_throws_text<ConfigError>(
      [&] { scaled_dot_product_attention(x, x, x, {.dropout_p = 0.5}); },
      start + "generator: none; expected one to draw from with dropout_p 0.5");
}

}  // namespace
}  // namespace gradus::testing
