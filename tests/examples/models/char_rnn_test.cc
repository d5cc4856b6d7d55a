#include "examples/models/char_rnn.h"

#include <gtest/gtest.h>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/reshape.h"
#include "nn/gru.h"
#include "nn/rnn.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/remainder.h"
#include "tensor/elementwise/sub.h"
#include "tests/support/compare.h"

namespace gradus::models {
namespace {

using testing::expect_same_bits;

// A text that repeats 0 1 2 3 4: what follows is certain after a few steps down the gradient.
template <class Layer>
void expect_to_learn(const CharRNNOptions& options) {
  Generator rng(1);
  const CharRNN<Layer> model(options, rng);
  const Tensor text = remainder(arange(21), 5).reshape({21, 1});
  const Tensor x = text.narrow(0, 0, 20), next = text.narrow(0, 1, 20).reshape({20});
  double first = 0, loss = 0;
  for (int step = 0; step < 60; ++step) {
    model.zero_grad();
    const Variable logits = model(x).first;
    const Variable nats = cross_entropy(reshape(logits, {20, 5}), next);
    nats.backward();
    for (const Variable& p : model.parameters()) {
      const NoGradGuard no_grad;
      p.value().copy_from(p.value() - p.grad().value() * 0.5);
    }
    loss = nats.item();
    if (step == 0) first = loss;
  }
  EXPECT_GT(first, 1.2) << "about ln 5 at the start";
  EXPECT_LT(loss, 0.5);
}

TEST(CharRNN, LearnsACycle) {
  expect_to_learn<nn::RNN>({.vocab = 5, .hidden = 16});
  expect_to_learn<nn::GRU>({.vocab = 5, .hidden = 16, .embedding = 4});
  expect_to_learn<nn::LSTM>({.vocab = 5, .hidden = 16, .embedding = 8});
}

TEST(CharRNN, GoesOnFromItsState) {
  Generator rng(1);
  const CharRNN<nn::LSTM> model({.vocab = 7, .hidden = 6, .num_layers = 2}, rng);
  const Tensor text = remainder(arange(18) * arange(18), 7).reshape({9, 2});
  const auto [all, end] = model(text);
  const auto [start, state] = model(text.narrow(0, 0, 4));
  const auto [rest, same] = model(text.narrow(0, 4, 5), state);
  EXPECT_EQ(all.shape(), (Shape{9, 2, 7}));
  expect_same_bits(rest.value().contiguous(), all.value().narrow(0, 4, 5).contiguous());
  expect_same_bits(same.c_0.value(), end.c_0.value());
  EXPECT_FALSE(state.h_0.requires_grad());
  EXPECT_EQ(model.state_dict().front().first, "rnn.weight_ih_l0");
  EXPECT_THROW(model(tensor({{7}}, kInt64)), IndexError);
}

}  // namespace
}  // namespace gradus::models
