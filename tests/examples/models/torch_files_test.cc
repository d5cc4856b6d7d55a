// Models that PyTorch has trained and saved give the same logits here, and are saved as the same
// bytes.
#include <gtest/gtest.h>

#include "autograd/ops/sum.h"
#include "examples/models/gpt.h"
#include "examples/models/lenet.h"
#include "nn/embedding.h"
#include "nn/lstm.h"
#include "nn/summary.h"
#include "tensor/elementwise/div.h"
#include "tests/support/model_fixtures.h"

namespace gradus::models {
namespace {

using testing::expect_model_of_torch;

// As in tests/golden/nn/fixtures/make_models.py.
struct LstmClassifier : nn::Module {
  explicit LstmClassifier(Generator& rng)
      : embedding(child("embedding", nn::Embedding(50, 12, rng))),
        lstm(child(
            "lstm",
            nn::LSTM(12, 16, rng, {.num_layers = 2, .batch_first = true, .bidirectional = true}))),
        out(child("out", nn::Linear(32, 4, rng))) {}
  Variable forward(Operand tokens) const override {
    const Variable y = lstm(embedding(std::move(tokens))).output;
    return out(sum(y, {1}) / static_cast<double>(y.dim(1)));
  }
  nn::Child<nn::Embedding> embedding;
  nn::Child<nn::LSTM> lstm;
  nn::Child<nn::Linear> out;
};

GPT small_gpt(Generator& rng) {
  return GPT({.vocab = 40, .context = 16, .layers = 2, .heads = 4, .channels = 32, .dropout = 0.1},
             rng);
}

TEST(TorchFiles, GiveTheSameLogitsHere) {
  Generator rng(1);
  LeNet lenet(rng);
  expect_model_of_torch("lenet", lenet, [&](const Tensor& x) { return lenet(x); });
  LstmClassifier lstm(rng);
  expect_model_of_torch("lstm", lstm, [&](const Tensor& x) { return lstm(x); });
  GPT gpt = small_gpt(rng);
  expect_model_of_torch("gpt", gpt, [&](const Tensor& x) { return gpt(x); });
}

TEST(Summary, CountsTheWorkOfModels) {
  Generator rng(1);
  LeNet lenet(rng);
  const nn::Summary images = nn::summary(lenet, {2, 1, 28, 28});
  EXPECT_EQ(images.trainable, 61706);
  // windows * outputs * (channels * kernel), then in * out
  EXPECT_EQ(images.multiply_adds,
            2 * (28 * 28 * 6 * 25 + 10 * 10 * 16 * 6 * 25 + 400 * 120 + 120 * 84 + 84 * 10));
  EXPECT_EQ(images.rows[1].output, (Shape{2, 6, 28, 28}));

  GPT gpt = small_gpt(rng);
  const nn::Summary tokens = nn::summary(gpt, {3, 12}, kInt64);
  const std::int64_t block = 3 * 12 * 12 * 32 * 32 + 2 * 3 * 12 * 12 * 32;
  EXPECT_EQ(tokens.multiply_adds, 2 * block + 3 * 12 * 32 * 40);
  EXPECT_EQ(tokens.trainable, 40 * 32 + 16 * 32 + 2 * (12 * 32 * 32 + 13 * 32) + 2 * 32);

  LstmClassifier lstm(rng);
  const nn::Summary words = nn::summary(lstm, {5, 9}, kInt64);
  // Both directions of 4 gates: of 12 and 16 numbers in the first layer, of 32 and 16 in the next.
  EXPECT_EQ(words.multiply_adds, 5 * 9 * 2 * 64 * (12 + 16 + 32 + 16) + 5 * 32 * 4);
  EXPECT_EQ(words.rows[2].layer, "LSTM");
  EXPECT_EQ(words.rows[2].output, (Shape{5, 9, 32}));
}

}  // namespace
}  // namespace gradus::models
