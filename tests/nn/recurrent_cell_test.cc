#include <gtest/gtest.h>

#include "autograd/ops/select.h"
#include "nn/gru.h"
#include "nn/gru_cell.h"
#include "nn/lstm.h"
#include "nn/lstm_cell.h"
#include "nn/rnn.h"
#include "nn/rnn_cell.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::ModuleCase;

// The inputs of a case: x, h, c.
template <class Cell>
testing::MadeModule hidden_cell(Cell cell) {
  return testing::made(std::move(cell), [](const Cell& made, const std::vector<Variable>& in) {
    return in.at(1).defined() ? made(in[0], in[1]) : made(in[0]);
  });
}

TEST(RNNCell, IsThatOfPyTorch) {
  testing::check_module("rnn_cell", [](const ModuleCase& c) {
    const bool relu = c.text("nonlinearity") == "relu";
    return hidden_cell(RNNCell(c.integer("input_size"), c.integer("hidden_size"), c.rng,
                               {.bias = c.flag("bias"),
                                .nonlinearity = relu ? Nonlinearity::kRelu : Nonlinearity::kTanh,
                                .dtype = c.dtype}));
  });
}

TEST(GRUCell, IsThatOfPyTorch) {
  testing::check_module("gru_cell", [](const ModuleCase& c) {
    return hidden_cell(
        GRUCell(c.integer("input_size"), c.integer("hidden_size"), c.rng, c.flag("bias"), c.dtype));
  });
}

TEST(LSTMCell, IsThatOfPyTorch) {
  testing::check_module("lstm_cell", [](const ModuleCase& c) {
    return testing::made(
        LSTMCell(c.integer("input_size"), c.integer("hidden_size"), c.rng, c.flag("bias"), c.dtype),
        [](const LSTMCell& cell, const std::vector<Variable>& in) {
          const LSTMState next = cell(in[0], {in.at(1), in.at(2)});
          return std::vector<Variable>{next.h, next.c};
        });
  });
}

TEST(LSTMCell, IsAStepOfTheLayer) {
  Generator rng(1);
  const LSTM layer(3, 20, rng);
  const LSTMCell cell(3, 20, rng);
  const auto from = layer.named_parameters(), to = cell.named_parameters();
  ASSERT_EQ(from.size(), to.size());
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i].second.value().copy_from(from[i].second.value());
  const Tensor x = uniform({4, 2, 3}, -1, 1, rng);
  LSTMState state;
  for (int t = 0; t < 4; ++t) state = cell(x.select(0, t), state);
  const LSTMResult all = layer(x);
  expect_same_bits(state.h.value().contiguous(), all.h_n.value().select(0, 0).contiguous());
  expect_same_bits(state.c.value().contiguous(), all.c_n.value().select(0, 0).contiguous());
}

TEST(RNNCell, PrintsAsPyTorch) {
  Generator rng(1);
  EXPECT_EQ(to_string(RNNCell(2, 3, rng, {.bias = false, .nonlinearity = Nonlinearity::kRelu})),
            "RNNCell(2, 3, bias=False, nonlinearity=relu)");
  EXPECT_EQ(to_string(LSTMCell(2, 3, rng)), "LSTMCell(2, 3)");
  EXPECT_EQ(to_string(GRUCell(2, 3, rng, false)), "GRUCell(2, 3, bias=False)");
}

TEST(LSTMCell, BadInputIsNamed) {
  Generator rng(1);
  const LSTMCell lstm(3, 4, rng);
  const GRUCell gru(3, 4, rng);
  EXPECT_EQ(lstm(zeros({0, 3})).c.shape(), (Shape{0, 4}));
  const Tensor x = zeros({2, 3});
  expect_throws_text<ShapeError>(
      [&] {
        lstm(zeros({2, 4}));
      },
      "[LSTMCell] x is [2, 4]; expected [N, 3] or [3]");
  expect_throws_text<ShapeError>(
      [&] {
        gru(zeros({1, 2, 3}));
      },
      "[GRUCell] x is [1, 2, 3]; expected [N, 3] or [3]");
  expect_throws_text<ShapeError>(
      [&] {
        gru(x, zeros({3, 4}));
      },
      "[GRUCell] h is [3, 4]; expected [2, 4] for x [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        lstm(zeros({3}), {.c = zeros({1, 4})});
      },
      "[LSTMCell] c is [1, 4]; expected [4] for x [3]");
  expect_throws_text<DTypeError>(
      [&] { gru(x.to(kFloat64)); },
      "[GRUCell] x: float64; expected float32, the dtype of the weights");
  expect_throws_text<DTypeError>(
      [&] {
        gru(x, zeros({2, 4}, kFloat64));
      },
      "[GRUCell] h: float64; expected float32, the dtype of x");
  expect_throws_text<ConfigError>([&] { RNNCell(3, 0, rng); },
                                  "[RNNCell] hidden_size: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { GRUCell(0, 3, rng); },
                                  "[GRUCell] input_size: 0; expected >= 1");
}

}  // namespace
}  // namespace gradus::nn
