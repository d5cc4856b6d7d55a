#include "examples/models/gpt.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/cross_entropy.h"
#include "tensor/assemble.h"
#include "tensor/close.h"
#include "tensor/reduce.h"
#include "tensor/sort.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::models {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

GPT small(std::uint64_t seed,
          const GPTOptions& options = {
              .vocab = 9, .context = 8, .layers = 2, .heads = 2, .channels = 8}) {
  Generator rng(seed);
  return GPT(options, rng);
}

TEST(GPT, IsThatOfPyTorch) {
  // Second derivatives cancel behind three normalizations of three numbers each.
  const testing::Granted granted{.float32 = 2e-4};
  const auto make = [](const testing::ModuleCase& c) {
    return testing::made(GPT({.vocab = c.integer("vocab"),
                              .context = c.integer("context"),
                              .layers = c.integer("layers"),
                              .heads = c.integer("heads"),
                              .channels = c.integer("channels"),
                              .dropout = c.number("dropout"),
                              .bias = c.flag("bias"),
                              .dtype = c.dtype},
                             c.rng));
  };
  testing::check_module("gpt", make, granted);
}

TEST(GPT, CountsTheTableOfTokensOnceAndSavesItTwice) {
  const GPT model = small(3);
  std::int64_t count = 0;
  for (const Variable& p : model.parameters()) count += p.numel();
  EXPECT_EQ(count, 9 * 8 + 8 * 8 + 2 * (4 * 8 + 3 * 72 + 72 + 4 * 72 + 8 * 33) + 2 * 8);
  EXPECT_EQ(model.get_parameter("lm_head.weight").node(),
            model.get_parameter("transformer.wte.weight").node());
  const GPT copy = deep_copy(model);
  EXPECT_EQ(copy.lm_head->weight.node(), copy.transformer->wte->weight.node());
  EXPECT_NE(copy.lm_head->weight.node(), model.lm_head->weight.node());
}

TEST(GPT, StartsNearTheUniformDistribution) {
  const GPT model = small(3, {.vocab = 65, .context = 32, .channels = 64});
  Generator rng(5);
  const Tensor tokens = randint(0, 65, {4, 32}, rng), next = randint(0, 65, {4, 32}, rng);
  const Variable loss = cross_entropy(model(tokens).value().transpose(1, 2), next);
  EXPECT_NEAR(loss.item(), std::log(65.0), 0.1);
  EXPECT_NEAR(std(model.get_parameter("transformer.h.0.mlp.c_fc.weight").value()).item(), 0.02,
              0.001);
  EXPECT_NEAR(std(model.get_parameter("transformer.h.0.mlp.c_proj.weight").value()).item(),
              0.02 / std::sqrt(8), 0.0005);
}

TEST(GPT, DoesNotLookAhead) {
  const GPT model = small(3);
  const Tensor a = tensor({1, 2, 3, 4}, kInt64), b = tensor({1, 2, 8, 0}, kInt64);
  const Tensor x = model(a).value(), y = model(b).value();
  expect_same_bits(x.slice(0, {0, 2}), y.slice(0, {0, 2}));
  EXPECT_FALSE(allclose(x.select(0, 2), y.select(0, 2)));
}

TEST(GPT, GeneratesTheMostLikelyTokensWithinItsContext) {
  const GPT model = small(3);
  Generator rng(1);
  Tensor expected = tensor({{1, 2}, {3, 0}}, kInt64);
  const Tensor start = expected;
  for (int i = 0; i < 9; ++i) {
    const std::int64_t t = expected.dim(1), seen = std::min<std::int64_t>(8, t);
    const Tensor logits = model(expected.slice(1, {t - seen, None})).value();
    const Tensor next = argmax(logits.select(1, seen - 1), -1).unsqueeze(1);
    expected = cat(std::vector<Tensor>{expected, next}, 1);
  }
  expect_same_bits(model.generate(start, 9, {.temperature = 0}, rng), expected);
  expect_same_bits(model.generate(start, 9, {.top_k = 1}, rng), expected);
  expect_same_bits(model.generate(start.select(0, 0), 9, {.temperature = 0}, rng),
                   expected.select(0, 0));
}

TEST(GPT, GeneratesTheSameFromTheSameSeedAndOnlyTheLikelyOnes) {
  const GPT model = small(3);
  Generator a(1), b(1), c(2);
  const Tensor start = zeros({40, 1}, kInt64);
  const Tensor x = model.generate(start, 3, {}, a);
  EXPECT_EQ(x.shape(), (Shape{40, 4}));
  expect_same_bits(x, model.generate(start, 3, {}, b));
  EXPECT_FALSE(bitwise_equal(x, model.generate(start, 3, {}, c)));
  const Tensor few = model.generate(start, 1, {.temperature = 2, .top_k = 2}, a).select(1, 1);
  const auto best = topk(model(start.slice(0, {0, 1})).value().flatten(), 2).indices;
  for (const double token : few.to_vector()) {
    EXPECT_TRUE(token == best.at({0}) || token == best.at({1})) << token;
  }
  expect_same_bits(model.generate(start, 0, {}, a), start);
}

TEST(GPT, DropsWhileTraining) {
  GPT model =
      small(3, {.vocab = 9, .context = 8, .layers = 1, .heads = 2, .channels = 8, .dropout = 0.5});
  const Tensor tokens = tensor({1, 2, 3}, kInt64);
  EXPECT_FALSE(allclose(model(tokens).value(), model(tokens).value()));
  model.eval();
  expect_same_bits(model(tokens).value(), model(tokens).value());
}

TEST(GPT, ErrorsSayWhatFits) {
  Generator rng(3);
  const GPT model = small(3);
  expect_throws_text<ConfigError>(
      [&] { GPT({.vocab = 9, .context = 8, .heads = 3, .channels = 10}, rng); },
      "[GPT] channels, heads: 10, 3; expected heads >= 1 that divides channels >= 1");
  expect_throws_text<ConfigError>([&] { GPT({.vocab = 0, .context = 8}, rng); },
                                  "[GPT] vocab, context, layers: 0, 8, 4; expected >= 1");
  expect_throws_text<ShapeError>(
      [&] {
        model(zeros({2, 9}, kInt64));
      },
      "[GPT] tokens is [2, 9]; expected [B, T] or [T] with T <= 8, the context");
  expect_throws_text<IndexError>(
      [&] { model(tensor({9}, kInt64)); },
      "[embedding] indices: 9 at [0]; expected 0..8, the rows of weight [9, 8] (in "
      "transformer.wte)");
  const Tensor start = zeros({1}, kInt64);
  expect_throws_text<ConfigError>([&] { model.generate(start, 1, {.temperature = -1}, rng); },
                                  "[GPT] temperature: -1; expected a number >= 0");
  expect_throws_text<ConfigError>([&] { model.generate(start, 1, {.top_k = 10}, rng); },
                                  "[GPT] top_k: 10; expected 0..9, the tokens");
  expect_throws_text<ConfigError>([&] { model.generate(start, -1, {}, rng); },
                                  "[GPT] n: -1; expected >= 0");
  expect_throws_text<ShapeError>(
      [&] {
        model.generate(zeros({2, 0}, kInt64), 1, {}, rng);
      },
      "[GPT] tokens is [2, 0]; expected [B, T] or [T] with T >= 1");
}

}  // namespace
}  // namespace gradus::models
