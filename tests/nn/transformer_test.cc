// The layers of a transformer, their stacks, and the whole.
#include "nn/transformer.h"

#include <gtest/gtest.h>

#include "tensor/close.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::ModuleCase;
using Inputs = std::vector<Variable>;
// Up to nine normalizations one after another, twice differentiated.
constexpr testing::Granted kGranted{.float32 = 1e-4};

TransformerOptions options_of(const ModuleCase& c) {
  return {.dim_feedforward = c.integer("dim_feedforward"),
          .dropout = c.number("dropout"),
          .activation = c.text("activation"),
          .layer_norm_eps = c.number("layer_norm_eps"),
          .batch_first = c.flag("batch_first"),
          .norm_first = c.flag("norm_first"),
          .bias = c.flag("bias"),
          .dtype = c.dtype};
}
template <class M>
M layer_of(const ModuleCase& c) {
  return M(c.integer("d_model"), c.integer("nhead"), c.rng, options_of(c));
}
template <class M, class Layer>
M stack_of(const ModuleCase& c) {
  std::optional<LayerNorm> norm;
  if (c.flag("norm")) {
    norm = LayerNorm(c.integer("d_model"), {.eps = c.number("layer_norm_eps"), .dtype = c.dtype});
  }
  return M(layer_of<Layer>(c), c.integer("num_layers"), norm);
}
auto encoder_call(const ModuleCase& c) {
  return [causal = c.flag("is_causal")](const auto& m, const Inputs& in) {
    return m(in[0], {.src_mask = in[1], .src_key_padding_mask = in[2], .is_causal = causal});
  };
}
auto decoder_call(const ModuleCase& c) {
  return [tgt = c.flag("tgt_is_causal"), memory = c.flag("memory_is_causal")](const auto& m,
                                                                              const Inputs& in) {
    return m(in[0], in[1],
             {.tgt_mask = in[2],
              .memory_mask = in[3],
              .tgt_key_padding_mask = in[4],
              .memory_key_padding_mask = in[5],
              .tgt_is_causal = tgt,
              .memory_is_causal = memory});
  };
}

TEST(TransformerEncoderLayer, IsThatOfPyTorch) {
  testing::check_module(
      "transformer_encoder_layer",
      [](const ModuleCase& c) {
        return testing::made(layer_of<TransformerEncoderLayer>(c), encoder_call(c));
      },
      kGranted);
}
TEST(TransformerDecoderLayer, IsThatOfPyTorch) {
  testing::check_module(
      "transformer_decoder_layer",
      [](const ModuleCase& c) {
        return testing::made(layer_of<TransformerDecoderLayer>(c), decoder_call(c));
      },
      kGranted);
}
TEST(TransformerEncoder, IsThatOfPyTorch) {
  testing::check_module(
      "transformer_encoder",
      [](const ModuleCase& c) {
        return testing::made(stack_of<TransformerEncoder, TransformerEncoderLayer>(c),
                             encoder_call(c));
      },
      kGranted);
}
TEST(TransformerDecoder, IsThatOfPyTorch) {
  testing::check_module(
      "transformer_decoder",
      [](const ModuleCase& c) {
        return testing::made(stack_of<TransformerDecoder, TransformerDecoderLayer>(c),
                             decoder_call(c));
      },
      kGranted);
}
TEST(Transformer, IsThatOfPyTorch) {
  testing::check_module(
      "transformer",
      [](const ModuleCase& c) {
        const std::vector<std::int64_t> layers = c.args.at("layers");
        Transformer model(c.integer("d_model"), c.integer("nhead"), layers.at(0), layers.at(1),
                          c.rng, options_of(c));
        return testing::made(
            std::move(model), [causal = c.flag("tgt_is_causal")](const auto& m, const Inputs& in) {
              return m(in[0], in[1],
                       {.encoder = {.src_mask = in[2]}, .decoder = {.tgt_is_causal = causal}});
            });
      },
      kGranted);
}

TEST(TransformerEncoder, CopiesTheLayerWithValuesButDropsInEachDifferently) {
  Generator rng(3);
  const TransformerEncoderLayer layer(4, 2, rng, {.dim_feedforward = 8, .dropout = 0.5});
  const TransformerEncoder encoder(layer, 2);
  expect_same_bits(encoder.get_parameter("layers.1.linear1.weight").value(),
                   layer.linear1->weight.value());
  layer.linear1->weight.value().fill(0);
  EXPECT_NE(encoder.get_parameter("layers.0.linear1.weight").value().at({0, 0}), 0);
  EXPECT_NE(encoder.get_parameter("layers.0.linear1.weight").node(),
            encoder.get_parameter("layers.1.linear1.weight").node());
  const Tensor x = ones({50, 1, 4});
  const Tensor first = (*encoder.layers)[0]->dropout1(x).value(),
               second = (*encoder.layers)[1]->dropout1(x).value(),
               other = (*encoder.layers)[1]->dropout2(x).value();
  EXPECT_FALSE(allclose(first, second));
  EXPECT_FALSE(allclose(second, other));
  EXPECT_FALSE(allclose(encoder(x).value(), encoder(x).value()));
  TransformerEncoder calm = deep_copy(encoder);
  calm.eval();
  expect_same_bits(calm(x).value(), calm(x).value());
}

TEST(TransformerEncoder, IsPrintedWithItsLayersOnce) {
  Generator rng(3);
  const TransformerEncoderLayer layer(4, 2, rng, {.dim_feedforward = 8});
  EXPECT_EQ(to_string(TransformerEncoder(layer, 2)),
            "TransformerEncoder(\n"
            "  (layers): ModuleList(\n"
            "    (0-1): 2 x TransformerEncoderLayer(\n"
            "      (self_attn): MultiheadAttention(\n"
            "        (out_proj): Linear(in_features=4, out_features=4, bias=True)\n"
            "      )\n"
            "      (linear1): Linear(in_features=4, out_features=8, bias=True)\n"
            "      (dropout): Dropout(p=0.1, inplace=False)\n"
            "      (linear2): Linear(in_features=8, out_features=4, bias=True)\n"
            "      (norm1): LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)\n"
            "      (norm2): LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)\n"
            "      (dropout1): Dropout(p=0.1, inplace=False)\n"
            "      (dropout2): Dropout(p=0.1, inplace=False)\n"
            "    )\n"
            "  )\n"
            ")");
}

struct Model : Module {
  explicit Model(Generator& rng)
      : seq(child("seq", Transformer(4, 2, 2, 2, rng, {.dim_feedforward = 8}))) {}
  Child<Transformer> seq;
};

TEST(Transformer, ErrorsNameThePartAndWhatFits) {
  Generator rng(3);
  const Model model(rng);
  const Tensor x = zeros({3, 2, 4}), y = zeros({2, 2, 4});
  const std::string expected =
      "; expected query [L, N, 4], key [S, N, 4], value [S, N, 4], or the same without N";
  expect_throws_text<ShapeError>(
      [&] {
        model.seq(zeros({3, 2, 5}), y);
      },
      "[MultiheadAttention] query is [3, 2, 5], key is [3, 2, 5] and value is [3, 2, 5]" +
          expected + " (in seq.encoder.layers.0.self_attn)");
  expect_throws_text<ShapeError>(
      [&] {
        model.seq(x, zeros({2, 1, 4}));
      },
      "[MultiheadAttention] query is [2, 1, 4], key is [3, 2, 4] and value is [3, 2, 4]" +
          expected + " (in seq.decoder.layers.0.multihead_attn)");
  expect_throws_text<ShapeError>(
      [&] {
        model.seq(x, y, TransformerCall{.encoder = {.src_mask = zeros({2, 2}, kBool)}});
      },
      "[MultiheadAttention] attn_mask: shape [2, 2]; expected [3, 3], [L, S], or [4, 3, 3], [N * "
      "num_heads, L, S] (in seq.encoder.layers.0.self_attn)");
}

TEST(Transformer, ErrorsNameOptions) {
  Generator rng(3);
  expect_throws_text<ConfigError>(
      [&] { TransformerEncoderLayer(4, 2, rng, {.activation = "tanh"}); },
      "[TransformerEncoderLayer] activation: 'tanh'; expected 'relu' or 'gelu'");
  expect_throws_text<ConfigError>(
      [&] { TransformerDecoderLayer(4, 2, rng, {.activation = ""}); },
      "[TransformerDecoderLayer] activation: ''; expected 'relu' or 'gelu'");
  expect_throws_text<ConfigError>(
      [&] { TransformerEncoderLayer(4, 3, rng); },
      "[MultiheadAttention] embed_dim, num_heads: 4, 3; expected num_heads >= 1 that divides "
      "embed_dim >= 1");
  expect_throws_text<ConfigError>(
      [&] { TransformerEncoderLayer(4, 2, rng, {.dim_feedforward = 0}); },
      "[Linear] out: 0; expected >= 1");
  const TransformerEncoderLayer layer(4, 2, rng, {.dim_feedforward = 8});
  expect_throws_text<ConfigError>([&] { TransformerEncoder(layer, 0); },
                                  "[TransformerEncoder] num_layers: 0; expected >= 1");
  const TransformerDecoderLayer other(4, 2, rng, {.dim_feedforward = 8});
  expect_throws_text<ConfigError>([&] { TransformerDecoder(other, 0); },
                                  "[TransformerDecoder] num_layers: 0; expected >= 1");
}

}  // namespace
}  // namespace gradus::nn
