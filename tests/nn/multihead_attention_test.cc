#include "nn/multihead_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "autograd/ops/sum.h"
#include "tensor/close.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/equal.h"
#include "tensor/elementwise/isfinite.h"
#include "tensor/elementwise/mul.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::ModuleCase;

constexpr double kInf = std::numeric_limits<double>::infinity();

testing::MadeModule layer_of(const ModuleCase& c) {
  MultiheadAttention layer(4, c.integer("num_heads"), c.rng,
                           {.dropout = c.number("dropout"),
                            .bias = c.flag("bias"),
                            .add_bias_kv = c.flag("add_bias_kv"),
                            .add_zero_attn = c.flag("add_zero_attn"),
                            .kdim = c.integer("kdim"),
                            .vdim = c.integer("vdim"),
                            .batch_first = c.flag("batch_first"),
                            .dtype = c.dtype});
  const bool causal = c.flag("is_causal"), weights = c.flag("need_weights"),
             average = c.flag("average_attn_weights");
  return testing::made(std::move(layer), [=](const auto& m, const std::vector<Variable>& in) {
    const Variable &k = in[1].defined() ? in[1] : in[0], &v = in[2].defined() ? in[2] : in[0];
    const auto [output, seen] = m(in[0], k, v,
                                  {.key_padding_mask = in[3],
                                   .attn_mask = in[4],
                                   .is_causal = causal,
                                   .need_weights = weights,
                                   .average_attn_weights = average});
    std::vector<Variable> all{output};
    if (seen.defined()) all.push_back(seen);
    return all;
  });
}

TEST(MultiheadAttention, IsThatOfPyTorch) {
  testing::check_module("multihead_attention", layer_of);
  testing::check_module("multihead_attention_masks", layer_of);
}

TEST(MultiheadAttention, GivesAQueryWithoutKeysItsBiasAndNoNan) {
  Generator rng(3);
  const MultiheadAttention layer(4, 2, rng);
  layer.out_proj->bias.value().copy_from(tensor({1, 2, 3, 4}));
  const Tensor blocked = tensor({{0, 1, 1}, {1, 1, 1}, {0, 0, 1}}, kBool);
  const Tensor added = tensor({{0, -kInf, -kInf}, {-kInf, -kInf, -kInf}, {0, 0, -kInf}});
  for (const bool weights : {false, true}) {
    for (const Tensor& mask : {blocked, added}) {
      const Variable x = parameter(normal({3, 1, 4}, 0, 1, rng));
      const auto result = layer(x, x, x, {.attn_mask = mask, .need_weights = weights});
      expect_same_bits(result.output.value().select(0, 1), tensor({{1, 2, 3, 4}}));
      if (weights) expect_same_bits(result.weights.value().select(1, 1), zeros({1, 3}));
      sum(result.output * result.output).backward();
      EXPECT_TRUE(all(isfinite(x.grad().value())).item());
      for (const Variable& p : layer.parameters()) {
        EXPECT_TRUE(all(isfinite(p.grad().value())).item());
      }
    }
  }
}

TEST(MultiheadAttention, DropsWeightsOnlyWhileTrainingAndTheSameOnesFromTheSameSeed) {
  Generator a(3), b(3), data(4);
  MultiheadAttention layer(4, 2, a, {.dropout = 0.5}), twin(4, 2, b, {.dropout = 0.5});
  const Tensor x = normal({6, 2, 4}, 0, 1, data);
  for (const bool weights : {false, true}) {
    const AttentionCall call{.need_weights = weights};
    const Tensor first = layer(x, x, x, call).output.value();
    expect_same_bits(first, twin(x, x, x, call).output.value());
    EXPECT_FALSE(allclose(first, layer(x, x, x, call).output.value()));
    twin(x, x, x, call);
  }
  const auto dropped = layer(x, x, x, {.average_attn_weights = false}).weights.value();
  EXPECT_NEAR(mean(equal(dropped, 0).to(kFloat32)).item(), 0.5, 0.2);  // 144 draws: 5 deviations
  layer.eval();
  const Tensor calm = layer(x, x, x).output.value();
  const Tensor fast = layer(x, x, x, {.need_weights = false}).output.value();
  expect_close(calm, fast, 0, 1e-6);  // float32 sums in another order
}

TEST(MultiheadAttention, StartsWithTheValuesOfPyTorch) {
  Generator rng(3);
  const MultiheadAttention layer(64, 4, rng, {.add_bias_kv = true});
  const double k = std::sqrt(6.0 / 256);
  EXPECT_LE(max(abs(layer.in_proj_weight.value())).item(), k);
  EXPECT_NEAR(std(layer.in_proj_weight.value()).item(), k / std::sqrt(3), 0.02 * k);
  EXPECT_EQ(max(abs(layer.in_proj_bias.value())).item(), 0);
  EXPECT_EQ(max(abs(layer.out_proj->bias.value())).item(), 0);
  EXPECT_NEAR(std(layer.bias_k.value()).item(), 0.125, 0.05);  // of 64 numbers: 4.5 deviations
  const MultiheadAttention sizes(6, 2, rng, {.kdim = 3});
  EXPECT_FALSE(sizes.in_proj_weight.defined());
  EXPECT_EQ(sizes.k_proj_weight.shape(), (Shape{6, 3}));
}

struct Model : Module {
  explicit Model(Generator& rng, bool batch_first)
      : attention(child("attention", MultiheadAttention(4, 2, rng, {.batch_first = batch_first}))) {
  }
  Child<MultiheadAttention> attention;
};

TEST(MultiheadAttention, ErrorsNameThePartAndWhatFits) {
  Generator rng(3);
  const Model model(rng, false), other(rng, true);
  const Tensor x = zeros({3, 2, 4});
  const auto call = [&](const Model& m, const Tensor& q, const Tensor& k, const Tensor& v,
                        const AttentionCall& how = {}) { m.attention(q, k, v, how); };
  const std::string expected =
      "; expected query [L, N, 4], key [S, N, 4], value [S, N, 4], or the same without N (in "
      "attention)";
  expect_throws_text<ShapeError>(
      [&] {
        call(model, zeros({3, 2, 5}), x, x);
      },
      "[MultiheadAttention] query is [3, 2, 5], key is [3, 2, 4] and value is [3, 2, 4]" +
          expected);
  expect_throws_text<ShapeError>(
      [&] {
        call(model, x, x, zeros({4, 2, 4}));
      },
      "[MultiheadAttention] query is [3, 2, 4], key is [3, 2, 4] and value is [4, 2, 4]" +
          expected);
  expect_throws_text<ShapeError>(
      [&] {
        call(other, x, zeros({2, 3, 4}), x);
      },
      "[MultiheadAttention] query is [3, 2, 4], key is [2, 3, 4] and value is [3, 2, 4]; expected "
      "query [N, L, 4], key [N, S, 4], value [N, S, 4], or the same without N (in attention)");
  expect_throws_text<ShapeError>(
      [&] {
        call(model, zeros({3, 4}), x, x);
      },
      "[MultiheadAttention] query is [3, 4], key is [3, 2, 4] and value is [3, 2, 4]" + expected);
  expect_throws_text<ShapeError>(
      [&] {
        call(model, x, x, x, {.attn_mask = zeros({3, 2}, kBool)});
      },
      "[MultiheadAttention] attn_mask: shape [3, 2]; expected [3, 3], [L, S], or [4, 3, 3], [N * "
      "num_heads, L, S] (in attention)");
  expect_throws_text<ShapeError>(
      [&] {
        call(model, x, x, x, {.key_padding_mask = zeros({3, 2}, kBool)});
      },
      "[MultiheadAttention] key_padding_mask: shape [3, 2]; expected [2, 3], [N, S] (in "
      "attention)");
  const Tensor one = zeros({3, 4});
  expect_throws_text<ShapeError>(
      [&] {
        call(model, one, one, one, {.key_padding_mask = zeros({1, 3}, kBool)});
      },
      "[MultiheadAttention] key_padding_mask: shape [1, 3]; expected [3], [S] (in attention)");
  expect_throws_text<DTypeError>(
      [&] {
        call(model, x, x, x, {.attn_mask = zeros({3, 3}, kInt64)});
      },
      "[MultiheadAttention] attn_mask: int64; expected bool, true where a query may not look, or "
      "float32 as query (in attention)");
  expect_throws_text<ConfigError>(
      [&] { MultiheadAttention(10, 3, rng); },
      "[MultiheadAttention] embed_dim, num_heads: 10, 3; expected num_heads >= 1 that divides "
      "embed_dim >= 1");
  expect_throws_text<ConfigError>(
      [&] { MultiheadAttention(4, 2, rng, {.dropout = 1.5}); },
      "[MultiheadAttention] dropout: 1.5; expected a probability in 0..1");
  expect_throws_text<ConfigError>([&] { MultiheadAttention(4, 2, rng, {.kdim = 0}); },
                                  "[MultiheadAttention] kdim, vdim: 0, 4; expected >= 1");
}

}  // namespace
}  // namespace gradus::nn
