#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "nn/gru.h"
#include "nn/lstm.h"
#include "nn/rnn.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"
#include "tests/support/module_cases.h"
#include "tests/support/threads.h"

namespace gradus::nn {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;
using testing::ModuleCase;

// The inputs of a case: x, h_0, c_0, lengths.
RNNCall call_of(const std::vector<Variable>& in) { return {in.at(1), in.at(3).value()}; }

template <class Layer, class Options>
testing::MadeModule hidden_layer(const ModuleCase& c, Options options) {
  options.num_layers = c.integer("num_layers");
  options.bias = c.flag("bias");
  options.batch_first = c.flag("batch_first");
  options.bidirectional = c.flag("bidirectional");
  options.dtype = c.dtype;
  return testing::made(Layer(2, 2, c.rng, options),
                       [](const Layer& layer, const std::vector<Variable>& in) {
                         const RNNResult y = layer(in[0], call_of(in));
                         return std::vector<Variable>{y.output, y.h_n};
                       });
}

TEST(RNN, IsThatOfPyTorch) {
  testing::check_module("rnn", [](const ModuleCase& c) {
    const bool relu = c.text("nonlinearity") == "relu";
    return hidden_layer<RNN>(
        c, RNNOptions{.nonlinearity = relu ? Nonlinearity::kRelu : Nonlinearity::kTanh});
  });
}

TEST(GRU, IsThatOfPyTorch) {
  testing::check_module("gru",
                        [](const ModuleCase& c) { return hidden_layer<GRU>(c, GRUOptions()); });
}

TEST(LSTM, IsThatOfPyTorch) {
  testing::check_module("lstm", [](const ModuleCase& c) {
    return testing::made(LSTM(2, 2, c.rng,
                              {.num_layers = c.integer("num_layers"),
                               .bias = c.flag("bias"),
                               .batch_first = c.flag("batch_first"),
                               .bidirectional = c.flag("bidirectional"),
                               .proj_size = c.integer("proj_size"),
                               .dtype = c.dtype}),
                         [](const LSTM& layer, const std::vector<Variable>& in) {
                           const LSTMResult y = layer(in[0], {in[1], in[2], in[3].value()});
                           return std::vector<Variable>{y.output, y.h_n, y.c_n};
                         });
  });
}

Tensor some(const Shape& shape, DType dtype = kFloat32, int seed = 1) {
  Generator rng(seed);
  return uniform(shape, -1, 1, rng, dtype);
}

TEST(LSTM, PrintsAndNamesWhatPyTorchDoes) {
  Generator rng(1);
  EXPECT_EQ(to_string(RNN(2, 3, rng, {.nonlinearity = Nonlinearity::kRelu})), "RNN(2, 3)");
  EXPECT_EQ(to_string(GRU(2, 3, rng, {.bias = false})), "GRU(2, 3, bias=False)");
  const LSTM lstm(2, 4, rng,
                  {.num_layers = 2,
                   .bias = false,
                   .batch_first = true,
                   .dropout = 0.5,
                   .bidirectional = true,
                   .proj_size = 3});
  EXPECT_EQ(to_string(lstm),
            "LSTM(2, 4, proj_size=3, num_layers=2, bias=False, batch_first=True, dropout=0.5, "
            "bidirectional=True)");
  std::string names;
  for (const auto& [name, value] : lstm.state_dict()) {
    names += name + " " + to_string(value.shape()) + "\n";
  }
  EXPECT_EQ(names,
            "weight_ih_l0 [16, 2]\nweight_hh_l0 [16, 3]\nweight_hr_l0 [3, 4]\n"
            "weight_ih_l0_reverse [16, 2]\nweight_hh_l0_reverse [16, 3]\n"
            "weight_hr_l0_reverse [3, 4]\nweight_ih_l1 [16, 6]\nweight_hh_l1 [16, 3]\n"
            "weight_hr_l1 [3, 4]\nweight_ih_l1_reverse [16, 6]\nweight_hh_l1_reverse [16, 3]\n"
            "weight_hr_l1_reverse [3, 4]\n");
}

TEST(LSTM, StartsUniformlyInTheRangeOfPyTorch) {
  Generator rng(3);
  const LSTM lstm(3, 16, rng);
  for (const Variable& each : lstm.parameters()) {
    double most = 0;
    for (const double v : each.value().to_vector()) most = std::max(most, std::fabs(v));
    EXPECT_LE(most, 0.25);
    EXPECT_GE(most, 0.2) << "of 64 numbers or more from U(-1/4, 1/4)";
  }
}

// Sequences of 4 and 2 steps: in one batch with lengths they give what each gives alone, whatever
// stands behind the end.
TEST(LSTM, LengthsGiveWhatEachSequenceGivesAlone) {
  Generator rng(1);
  const LSTM lstm(3, 18, rng, {.num_layers = 2, .bidirectional = true, .dtype = kFloat64});
  const std::vector<Variable> weights = lstm.parameters();
  const Tensor x = some({4, 2, 3}, kFloat64);
  x.narrow(0, 2, 2).select(1, 1).fill(NAN);
  const LSTMResult both = lstm(x, {.lengths = tensor({4, 2}, kInt64)});
  Variable total;
  for (int n = 0; n < 2; ++n) {
    const int steps = n == 0 ? 4 : 2;
    const LSTMResult one = lstm(x.select(1, n).narrow(0, 0, steps));
    expect_same_bits(both.output.value().select(1, n).narrow(0, 0, steps).contiguous(),
                     one.output.value().contiguous());
    expect_same_bits(both.h_n.value().select(1, n).contiguous(), one.h_n.value());
    expect_same_bits(both.c_n.value().select(1, n).contiguous(), one.c_n.value());
    const Variable loss = sum(one.output * one.output) + sum(one.c_n);
    total = total.defined() ? total + loss : loss;
  }
  expect_same_bits(both.output.value().select(1, 1).narrow(0, 2, 2).contiguous(),
                   zeros({2, 36}, kFloat64));

  const Variable loss = sum(both.output * both.output) + sum(both.c_n);
  const auto wanted = grad(std::span(&total, 1), weights);
  for (const bool create_graph : {false, true}) {
    // Memory that is not written before it is read has NaN.
    std::vector<Tensor> poison;
    for (int i = 0; i < 40; ++i) poison.push_back(full({4, 2, 18}, NAN, kFloat64));
    poison.clear();
    const auto got = grad(std::span(&loss, 1), weights, {},
                          {.retain_graph = true, .create_graph = create_graph});
    for (std::size_t i = 0; i < weights.size(); ++i) {
      expect_close(got[i].value(), wanted[i].value(), 1e-12, 1e-12);  // sums in another order
    }
  }
}

TEST(GRU, StateCarriesOnWithoutAGradient) {
  Generator rng(1);
  const GRU gru(3, 5, rng, {.num_layers = 2, .dtype = kFloat64});
  const Tensor x = some({6, 2, 3}, kFloat64);
  const RNNResult first = gru(x.narrow(0, 0, 4)), rest = gru(x.narrow(0, 4, 2), first.state());
  const RNNResult all = gru(x);
  expect_same_bits(rest.h_n.value(), all.h_n.value());
  EXPECT_TRUE(first.h_n.requires_grad());
  EXPECT_FALSE(first.state().h_0.requires_grad());
}

TEST(RNN, DropoutIsBetweenLayersAndWhileTrainingAlone) {
  Generator rng(1), same(1), once(1);
  const RNNOptions two{.num_layers = 2, .dropout = 0.5};
  RNN net(3, 64, rng, two), again(3, 64, same, two), one(3, 64, once, {.dropout = 0.5});
  const Tensor x = some({10, 8, 3});
  const Tensor y = net(x).output.value();
  expect_same_bits(y, again(x).output.value());
  EXPECT_FALSE(bitwise_equal(y, net(x).output.value())) << "the stream goes on";
  expect_same_bits(one(x).output.value(), one(x).output.value());
  net.eval();
  expect_same_bits(net(x).output.value(), net(x).output.value());

  // Layer 1 as a linear map of what it gets: relu of a sum that is large enough is that sum.
  Generator other(2);
  RNN linear(3, 64, other, {.num_layers = 2, .nonlinearity = Nonlinearity::kRelu, .dropout = 0.25});
  for (const char* name :
       {"weight_ih_l0", "weight_hh_l0", "weight_hh_l1", "bias_ih_l0", "bias_hh_l1", "bias_ih_l1"}) {
    linear.get_parameter(name).value().fill(0);
  }
  linear.get_parameter("bias_hh_l0").value().fill(1);  // the first layer gives ones
  linear.get_parameter("weight_ih_l1").value().copy_from(eye(64));
  const std::vector<double> kept = linear(zeros({50, 8, 3})).output.value().to_vector();
  double total = 0, dropped = 0;
  for (const double v : kept) {
    EXPECT_TRUE(v == 0 || std::fabs(v - 4 / 3.0) < 1e-6) << v;
    dropped += v == 0;
    total += v;
  }
  // 25600 draws with p = 1/4: 4 standard errors of the share are 4 sqrt(3/16 / 25600) = 0.011.
  EXPECT_NEAR(dropped / static_cast<double>(kept.size()), 0.25, 0.011);
  EXPECT_NEAR(total / static_cast<double>(kept.size()), 1, 4 / 3.0 * 0.011);
}

TEST(LSTM, CopiesInDepthAndGivesTheSameBitsOnAnyNumberOfThreads) {
  Generator rng(1);
  const LSTM lstm(40, 48, rng, {.bidirectional = true});
  const LSTM copy = deep_copy(lstm);
  EXPECT_NE(copy.direction(0, 1).weight_hh.node(), lstm.direction(0, 1).weight_hh.node());
  const Variable x = parameter(some({7, 30, 40}));
  testing::same_on_all_threads([&] {
    lstm.zero_grad();
    const Variable y = lstm(x).output;
    y.backward(Variable(ones_like(y.value())));
    return lstm.direction(0, 1).weight_hh.grad().value().clone();
  });
  expect_same_bits(lstm(x).output.value(), copy(x).output.value());
}

TEST(LSTM, TakesNoSequencesButNotNoSteps) {
  Generator rng(1);
  const LSTM lstm(3, 4, rng, {.num_layers = 2, .bidirectional = true});
  const Variable x = parameter(zeros({5, 0, 3}));
  const LSTMResult y = lstm(x, {.lengths = zeros({0}, kInt64)});
  EXPECT_EQ(y.output.shape(), (Shape{5, 0, 8}));
  EXPECT_EQ(y.c_n.shape(), (Shape{4, 0, 4}));
  y.output.backward(Variable(zeros({5, 0, 8})));
  EXPECT_EQ(x.grad().shape(), x.shape());
  expect_same_bits(lstm.direction(0).weight_ih.grad().value(), zeros({16, 3}));
}

TEST(LSTM, BadInputIsNamed) {
  Generator rng(1);
  const LSTM lstm(3, 4, rng), projected(3, 4, rng, {.batch_first = true, .proj_size = 2});
  const auto shape = [&](const LSTM& layer, const Tensor& x, const LSTMCall& how,
                         const std::string& text) {
    expect_throws_text<ShapeError>([&] { layer(x, how); }, "[LSTM] " + text);
  };
  const Tensor x = zeros({5, 2, 3});
  shape(lstm, zeros({5, 2, 4}), {}, "x is [5, 2, 4]; expected [T, N, 3] or [T, 3]");
  shape(projected, zeros({3}), {}, "x is [3]; expected [N, T, 3] or [T, 3]");
  shape(lstm, zeros({0, 2, 3}), {}, "x is [0, 2, 3]; expected at least one step on axis 0");
  shape(projected, zeros({2, 0, 3}), {}, "x is [2, 0, 3]; expected at least one step on axis 1");
  shape(lstm, x, {.h_0 = zeros({1, 3, 4})},
        "h_0 is [1, 3, 4]; expected [1, 2, 4], [num_layers * directions, N, size] for x [5, 2, 3]");
  shape(projected, x, {.h_0 = zeros({1, 5, 2}), .c_0 = zeros({1, 5, 2})},
        "c_0 is [1, 5, 2]; expected [1, 5, 4], [num_layers * directions, N, size] for x [5, 2, 3]");
  shape(lstm, zeros({5, 3}), {.h_0 = zeros({1, 1, 4})},
        "h_0 is [1, 1, 4]; expected [1, 4], [num_layers * directions, size] for x [5, 3]");
  shape(lstm, zeros({5, 3}), {.lengths = tensor({5}, kInt64)},
        "lengths: given for x [5, 3], one sequence; expected none");
  shape(lstm, x, {.lengths = tensor({5}, kInt64)},
        "lengths: shape [1]; expected [2], one per sequence of x [5, 2, 3]");
  shape(lstm, x, {.lengths = tensor({5, 0}, kInt64)},
        "lengths: 0 at [1]; expected 1..5, the steps of x [5, 2, 3]");
  shape(lstm, x, {.lengths = tensor({6, 5}, kInt64)},
        "lengths: 6 at [0]; expected 1..5, the steps of x [5, 2, 3]");
  const auto dtype = [&](const Tensor& given, const LSTMCall& how, const std::string& text) {
    expect_throws_text<DTypeError>([&] { lstm(given, how); }, "[LSTM] " + text);
  };
  dtype(x, {.lengths = tensor({5, 5}, kInt32)}, "lengths: int32; expected int64");
  dtype(x.to(kFloat64), {}, "x: float64; expected float32, the dtype of the weights");
  dtype(x, {.c_0 = zeros({1, 2, 4}, kFloat64)}, "c_0: float64; expected float32, the dtype of x");
  EXPECT_THROW(lstm(Variable()), Error);
  const Module& any = lstm;
  expect_throws_text<ConfigError>(
      [&] { any(x); }, "[LSTM] forward: 1 tensor; expected the arguments of LSTM::forward");
}

TEST(LSTM, BadSizesAreNamed) {
  Generator rng(1);
  const auto expect = [](const auto& make, const std::string& text) {
    expect_throws_text<ConfigError>(make, text);
  };
  expect([&] { RNN(0, 2, rng); }, "[RNN] input_size: 0; expected >= 1");
  expect([&] { GRU(2, -1, rng); }, "[GRU] hidden_size: -1; expected >= 1");
  expect([&] { GRU(2, 1, rng, {.num_layers = 0}); }, "[GRU] num_layers: 0; expected >= 1");
  expect([&] { RNN(2, 2, rng, {.dropout = 1.5}); },
         "[RNN] dropout: 1.5; expected a probability in 0..1");
  expect([&] { LSTM(2, 4, rng, {.proj_size = 4}); },
         "[LSTM] proj_size: 4; expected 0, for none, or less than hidden_size 4");
  EXPECT_THROW(LSTM(2, 4, rng, {.dtype = kInt64}), DTypeError);
}

}  // namespace
}  // namespace gradus::nn
