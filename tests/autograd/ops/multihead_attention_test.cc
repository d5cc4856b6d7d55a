// Attention of several heads in one step: what the heads give one by one, by the kernel and, where
// backward is recorded, by steps.
#include "autograd/ops/multihead_attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/permute.h"
#include "autograd/ops/reshape.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"
#include "tensor/assemble.h"
#include "tensor/elementwise/isfinite.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(MultiheadAttention, GradientsAreThoseOfDifferences) {
  const Tensor some = tensor({{1, 0, 1}, {0, 0, 1}}, kBool);
  const Tensor added = tensor({{0, -INFINITY, 1}, {-1, 2, 0}}, kFloat64);
  const Tensor nothing = tensor({{1, 0, 1}, {0, 0, 0}}, kBool);
  for (const AttentionOptions& options :
       {AttentionOptions{}, AttentionOptions{.is_causal = true}, AttentionOptions{.scale = -0.7},
        AttentionOptions{.mask = some}, AttentionOptions{.mask = nothing, .is_causal = true},
        AttentionOptions{.mask = added}}) {
    const auto f = [&](Inputs x) {
      return square(multihead_attention(x[0], x[1], x[2], 2, options));
    };
    expect_gradients("multihead_attention", f,
                     {gap_parameter({2, 2, 4}, -2, 2, 1), gap_parameter({2, 3, 4}, -2, 2, 2),
                      gap_parameter({2, 3, 4}, -2, 2, 3)});
  }
  const auto without_keys = [](Inputs x) {
    return square(multihead_attention(x[0], x[1], x[2], 2));
  };
  expect_gradients("multihead_attention", without_keys,
                   {gap_parameter({2, 2, 4}, -2, 2, 1), gap_parameter({2, 0, 4}, -2, 2, 2),
                    gap_parameter({2, 0, 4}, -2, 2, 3)});
  for (const Shape& shape : {Shape{1, 3, 6}, Shape{2, 1, 12}, Shape{0, 2, 6}, Shape{2, 0, 6}}) {
    const auto f = [](Inputs x) {
      return square(multihead_attention(x[0], 2, {.is_causal = true}));
    };
    expect_gradients("multihead_attention", f, {gap_parameter(shape, -2, 2, 1)});
  }
}

TEST(MultiheadAttention, DifferentiatesDropoutAndAnAddedMask) {
  const auto dropping = [](Inputs x) {
    Generator generator(9);
    return square(multihead_attention(x[0], 2, {.dropout_p = 0.4, .generator = &generator}));
  };
  expect_gradients("multihead_attention", dropping, {gap_parameter({2, 3, 12}, -2, 2, 1)});
  const auto masked = [](Inputs x) { return square(multihead_attention(x[0], 1, {.mask = x[1]})); };
  // Recorded as its parts, since the mask gets a gradient.
  expect_gradients("scaled_dot_product_attention", masked,
                   {gap_parameter({1, 2, 6}, -2, 2, 1), gap_parameter({2, 2}, -2, 2, 2)});
}

// The same by scaled_dot_product_attention, for sizes that do not fit the blocks of the kernel.
Variable step_by_step(const Variable& x, std::int64_t heads, const AttentionOptions& options) {
  const std::int64_t n = x.dim(0), l = x.dim(1), e = x.dim(2) / 3;
  std::vector<Variable> part;
  for (int i = 0; i < 3; ++i) {
    const Variable one = slice(x, 2, {i * e, (i + 1) * e});
    part.push_back(permute(reshape(one, {n, l, heads, e / heads}), {0, 2, 1, 3}));
  }
  const Variable y = scaled_dot_product_attention(part[0], part[1], part[2], options);
  return reshape(permute(y, {0, 2, 1, 3}), {n, l, e});
}

TEST(MultiheadAttention, IsThatOfItsHeads) {
  Generator rng(5);
  const Tensor x = normal({2, 205, 3 * 30}, 0, 1, rng, kFloat64);
  const Tensor mask = bernoulli({2, 1, 205, 205}, 0.7, rng, kBool);
  const Tensor added = normal({3, 1, 410}, 0, 2, rng, kFloat64).slice(-1, {0, None, 2});
  const Tensor queries = bernoulli({205, 1}, 0.7, rng, kBool);  // the others see nothing
  const Tensor seed = normal({2, 205, 30}, 0, 1, rng, kFloat64);
  for (const AttentionOptions& plain :
       {AttentionOptions{}, AttentionOptions{.is_causal = true, .scale = 0.4},
        AttentionOptions{.mask = mask, .dropout_p = 0.3},
        AttentionOptions{.mask = added, .is_causal = true}, AttentionOptions{.mask = queries},
        AttentionOptions{.dropout_p = 1}}) {
    const auto with = [&](Generator& draws) {
      AttentionOptions options = plain;
      options.generator = &draws;
      return options;
    };
    Generator one(7), two(7);
    const Variable a = parameter(x), b = parameter(x);
    const Variable y = multihead_attention(a, 3, with(one)), z = step_by_step(b, 3, with(two));
    // Sums of up to 205 products in another order.
    expect_close(y.value(), z.value(), 0, 1e-13);
    y.backward(seed);
    z.backward(seed);
    expect_close(a.grad().value(), b.grad().value(), 0, 1e-12);
  }
}

TEST(MultiheadAttention, HasTheSameBitsOnAllThreadsAndForAllStrides) {
  Generator rng(3);
  const Tensor data = normal({2, 200, 3 * 36}, 0, 1, rng);
  const Tensor turned = data.transpose(0, 1).contiguous().transpose(0, 1);
  const auto run = [&](const Tensor& from) {
    const Variable x = parameter(from);
    const Variable y = multihead_attention(x, 2, {.is_causal = true});
    y.backward(ones(y.shape()));
    return cat(std::vector<Tensor>{y.value(), x.grad().value()}, 2);
  };
  same_on_all_threads([&] { return run(data); });
  expect_same_bits(run(data), run(turned));
}

TEST(MultiheadAttention, CarriesNanAndLargeScores) {
  Tensor x = zeros({1, 3, 6});
  x.index_put({0, 1, Ellipsis}, 1e19);  // scores of 2e38
  EXPECT_TRUE(all(isfinite(multihead_attention(x, 1).value())).item());
  x.index_put({0, 1, 0}, NAN);
  const Tensor y = multihead_attention(x, 1, {.is_causal = true}).value();
  EXPECT_EQ(y.at({0, 0, 0}), 0);
  EXPECT_TRUE(std::isnan(y.at({0, 1, 0})));
}

TEST(MultiheadAttention, ErrorsNameShapes) {
  expect_throws_text<ShapeError>(
      [] {
        multihead_attention(zeros({2, 5, 6}), zeros({2, 4, 6}), zeros({2, 4, 6}), 4);
      },
      "[multihead_attention] q is [2, 5, 6], k is [2, 4, 6], v is [2, 4, 6] and heads is 4; "
      "expected q [N, L, E], k [N, S, E], v [N, S, E] and heads that divide E");
  expect_throws_text<ShapeError>(
      [] {
        multihead_attention(zeros({2, 5, 8}), 4);
      },
      "[multihead_attention] x is [2, 5, 8] and heads is 4; expected x [N, L, 3 E] and heads that "
      "divide E");
}

}  // namespace
}  // namespace gradus::testing
