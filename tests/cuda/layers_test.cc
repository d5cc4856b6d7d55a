// What layers need, on tensors of the emulated device: the same as on the CPU, in all schedules,
// and whole networks that learn alike. First and second gradients are in the tables of tests/nn.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops_all.h"
#include "nn/batch_norm2d.h"
#include "nn/conv2d.h"
#include "nn/embedding.h"
#include "nn/losses/cross_entropy.h"
#include "nn/lstm.h"
#include "nn/transformer_encoder_layer.h"
#include "tensor/attention.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"
#include "tensor/recurrent.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/on_device.h"

namespace gradus::testing {
namespace {

Tensor there(const Tensor& x) { return x.defined() ? x.to(tested_device()) : x; }
Tensor numbers(const Shape& shape, DType dtype = kFloat64, std::uint64_t seed = 1) {
  Generator generator(seed);
  return uniform(shape, -2, 2, generator, dtype);
}
Tensor turned(const Tensor& x) { return x.transpose().contiguous().transpose().flip(0); }

void expect_near(const Tensor& got, const Tensor& expected, const std::string& what) {
  EXPECT_EQ(got.device(), tested_device()) << what;
  const DType t = expected.dtype();
  const double granted = t == kFloat64 ? 1e-12 : t == kFloat32 ? 1e-5 : 2e-2;  // order of sums
  expect_close(got, expected, granted, granted, what);
}

struct Setting {
  Shape x, w;
  ConvOptions options;
  PerAxis output_padding = 0;
};
const std::vector<Setting> kConvolutions = {
    {{2, 2, 5}, {3, 2, 3}, {}},
    {{1, 2, 6}, {2, 2, 2}, {.stride = 2}, 1},
    {{2, 1, 7}, {2, 1, 3}, {.stride = 3, .padding = 2, .dilation = 2}, 2},
    {{2, 5}, {2, 2, 2}, {.stride = 2, .padding = 1}},
    {{2, 3, 4, 5}, {2, 3, 1, 1}, {}},
    {{3, 4, 6, 5}, {6, 2, 3, 2}, {.stride = {2, 1}, .padding = {0, 1}, .groups = 2}, {1, 0}},
    {{1, 8, 5, 4}, {8, 1, 2, 3}, {.padding = 1, .dilation = {2, 1}, .groups = 8}},
    {{40, 2, 7, 9}, {3, 2, 3, 3}, {.padding = 1}},  // several chains of windows
    {{2, 7, 6}, {3, 2, 2, 2}, {.stride = 2}},
    {{0, 2, 3, 3}, {2, 2, 2, 2}, {}},
    {{2, 0, 3, 3}, {2, 0, 2, 2}, {}},
    {{2, 2, 3, 3}, {0, 2, 2, 2}, {}}};

void check_convolution(const Setting& s, const Tensor& x, const Tensor& w) {
  const bool line = s.w.rank() == 3;
  const Tensor b = numbers({s.w[0]}, x.dtype(), 3);
  const std::string what = describe(x) + " by " + describe(w);
  const auto forward = [&](const Tensor& in, const Tensor& by, const Tensor& bias) {
    return line ? conv1d(in, by, bias, s.options) : conv2d(in, by, bias, s.options);
  };
  const Tensor y = forward(x, w, b);
  expect_near(forward(there(x), there(w), there(b)), y, what);
  expect_near(forward(there(x), there(w), {}), forward(x, w, {}), what);
  const auto weight = [&](const Tensor& in, const Tensor& dy) {
    const PerAxis kernel = line ? PerAxis(s.w[2]) : PerAxis{s.w[2], s.w[3]};
    return line ? conv1d_weight(in, dy, kernel, s.options)
                : conv2d_weight(in, dy, kernel, s.options);
  };
  expect_near(weight(there(x), there(y)), weight(x, y), "weight of " + what);
  const ConvTransposeOptions back{s.options.stride, s.options.padding, s.output_padding,
                                  s.options.groups, s.options.dilation};
  const Tensor more = numbers({s.w[1] * s.options.groups}, x.dtype(), 4);
  const auto transposed = [&](const Tensor& in, const Tensor& by, const Tensor& bias) {
    return line ? conv_transpose1d(in, by, bias, back) : conv_transpose2d(in, by, bias, back);
  };
  expect_near(transposed(there(y), there(w), there(more)), transposed(y, w, more),
              "transpose of " + what);
}

TEST(DeviceConvolutions, AreThoseOfTheCPU) {
  for (const Setting& s : kConvolutions) {
    in_all_schedules([&] { check_convolution(s, numbers(s.x), numbers(s.w, kFloat64, 2)); });
    for (const DType dtype : {kFloat32, kFloat16, kBFloat16}) {
      check_convolution(s, numbers(s.x, dtype) / 4, numbers(s.w, dtype, 2) / 4);
    }
    check_convolution(s, turned(numbers(s.x)), turned(numbers(s.w, kFloat64, 2)));
  }
  // The columns of these images come in two pieces.
  check_convolution({{}, {1, 2, 20, 20}, {}}, numbers({6, 2, 70, 70}),
                    numbers({1, 2, 20, 20}, kFloat64, 2));
  const Tensor w = numbers({1, 1, 2, 2});
  const std::string device = to_string(tested_device());
  expect_throws_text<DeviceError>([&] { return conv2d(there(w), w); },
                                  "[conv2d] x is on " + device +
                                      " and w is on cpu; expected one device; use w.to(\"" +
                                      device + "\")");
}

/// Mean square of the difference, by that of what is expected.
double normalised_difference(const Tensor& got, const Tensor& expected) {
  const Tensor off = got.to(kCpu).to(kFloat64) - expected;
  return sum(off * off).item() / sum(expected * expected).item();
}

TEST(DeviceProducts, InFloat32AreNearThoseInFloat64) {
  const Tensor a = numbers({64, 784}, kFloat32), b = numbers({784, 128}, kFloat32, 2);
  const Tensor x = numbers({8, 6, 20, 20}, kFloat32), w = numbers({16, 6, 5, 5}, kFloat32, 2);
  const Tensor dy = numbers({8, 16, 16, 16}, kFloat32, 3);
  const auto exact = [](const Tensor& t) { return t.to(kFloat64); };
  const std::vector<std::pair<Tensor, Tensor>> results = {
      {matmul(there(a), there(b)), matmul(exact(a), exact(b))},
      {conv2d(there(x), there(w)), conv2d(exact(x), exact(w))},
      {conv_transpose2d(there(dy), there(w)), conv_transpose2d(exact(dy), exact(w))},
      {conv2d_weight(there(x), there(dy), 5), conv2d_weight(exact(x), exact(dy), 5)}};
  for (const auto& [got, expected] : results) {
    const double difference = normalised_difference(got, expected);
    EXPECT_LT(difference, 1e-12);
    EXPECT_GT(difference, 0);
  }
}

TEST(DevicePooling, IsThatOfTheCPU) {
  struct Windows {
    Shape x;
    PerAxis kernel;
    MaxPoolOptions of_max;
    AvgPoolOptions of_mean;
    PerAxis size;
  };
  const std::vector<Windows> all = {
      {{2, 3, 7}, 2, {}, {}, 3},
      {{2, 8}, 3, {.stride = 2, .padding = 1}, {.stride = 1, .padding = 1}, 5},
      {{2, 9}, 3, {.stride = 1, .padding = 2, .dilation = 3}, {.ceil_mode = true}, 1},
      {{2, 3, 6, 5}, 2, {.stride = 1}, {.stride = 1, .count_include_pad = false}, {4, 3}},
      {{1, 2, 7, 8}, {3, 2}, {.padding = 1, .ceil_mode = true}, {.divisor_override = 5}, {2, 8}},
      {{0, 2, 4, 4}, 2, {}, {}, 2},
      {{3, 1}, 2, {.padding = 1, .dilation = 2}, {.padding = 1}, 1},  // a window of nothing
      {{2, 70, 9, 9}, 3, {.stride = 2}, {.stride = 2}, 4}};
  for (const Windows& one : all) {
    Tensor x = numbers(one.x);
    if (x.numel() > 20 && x.numel() < 1000) {  // equal ones, infinite ones, NaN
      x.reshape({x.numel()}).slice(0, {3, 12}).fill(1);
      x.reshape({x.numel()}).slice(0, {14, 15}).fill(NAN);
      x.reshape({x.numel()}).slice(0, {16, 17}).fill(-INFINITY);
    }
    const int axes = one.kernel.rank() == 2 || one.x.rank() == 4 ? 2 : 1;
    const auto check = [&](const PoolWindows& windows, const Tensor& of) {
      const ValuesAndIndices y = largest_in_windows(of, windows);
      const ValuesAndIndices got = largest_in_windows(there(of), windows);
      expect_same_bits(got.values, y.values, describe(of));
      expect_same_bits(got.indices, y.indices, describe(of));
      expect_same_bits(pick_from_channels(there(of), got.indices, axes),
                       pick_from_channels(of, y.indices, axes));
      const Tensor dx = place_in_channels(y.values, y.indices, axes, of.shape());
      expect_same_bits(place_in_channels(got.values, got.indices, axes, of.shape()), dx);
      expect_same_bits(place_in_channels(got.values, got.indices, axes, of.shape(), &windows), dx);
    };
    const auto check_means = [&](const PoolWindows& windows) {
      const Tensor y = average_windows(x, windows);
      expect_same_bits(average_windows(there(x), windows), y, describe(x));
      expect_near(spread_windows(there(y), windows), spread_windows(y, windows), describe(x));
    };
    in_all_schedules([&] {
      check(max_windows("max", axes, x, one.kernel, one.of_max), x);
      check(adaptive_windows("max", axes, x, one.size, false), x);
      check_means(avg_windows("mean", axes, x, one.kernel, one.of_mean));
      check_means(adaptive_windows("mean", axes, x, one.size, true));
    });
    const PoolWindows windows = max_windows("max", axes, x, one.kernel, one.of_max);
    check(windows, turned(x));
    check(windows, numbers(one.x, kFloat16));
    check(windows, (numbers(one.x) * 9).to(kInt32));
  }
}

TEST(DeviceBatchNorm, IsThatOfTheCPU) {
  // Long channels are taken by more threads: images of more and of fewer elements than these.
  for (const Shape& shape : {Shape{4, 3}, Shape{3, 2, 5}, Shape{2, 3, 4, 50}, Shape{0, 2},
                             Shape{2, 2, 700}, Shape{300, 2, 7}}) {
    for (const DType dtype : {kFloat64, kFloat32, kFloat16}) {
      const Tensor x = turned(numbers(shape, dtype)), dy = numbers(shape, dtype, 2);
      const Tensor w = numbers({shape[1]}, dtype, 3), b = numbers({shape[1]}, dtype, 4);
      in_all_schedules([&] {
        const BatchNormResult y = batch_norm(x, w, b);
        const BatchNormResult got = batch_norm(there(x), there(w), there(b));
        expect_near(got.y, y.y, describe(x));
        expect_near(got.mean, y.mean, "mean");
        expect_near(got.var, y.var, "var");
        expect_near(batch_norm(there(x)).y, batch_norm(x).y, "without weight and bias");
        const BatchNormGradients d =
            batch_norm_backward(dy, x, y.mean, y.var, w, 1e-5, true, true, true);
        const BatchNormGradients of = batch_norm_backward(there(dy), there(x), got.mean, got.var,
                                                          there(w), 1e-5, true, true, true);
        expect_near(of.x, d.x, "dx");
        expect_near(of.weight, d.weight, "dweight");
        expect_near(of.bias, d.bias, "dbias");
      });
    }
  }
  const Tensor level = numbers({64, 2}) * 4 + 1e15;  // whose mean is rounded
  expect_near(batch_norm(there(level)).var, batch_norm(level).var, "var");
  const Tensor far = tensor({{INFINITY, 1, 2}, {1, NAN, 2}}, kFloat64);
  expect_same_bits(isnan(batch_norm(there(far)).y), isnan(batch_norm(far).y));
}

TEST(DeviceDropout, HasTheBitsOfTheCPU) {
  for (const DType dtype : {kFloat64, kFloat32, kFloat16, kBFloat16}) {
    for (const Shape& shape : {Shape{3, 50}, Shape{64, 33}, Shape{0}}) {
      const Tensor x = turned(numbers(shape.rank() == 1 ? Shape{0, 1} : shape, dtype));
      for (const double p : {0.0, 0.3, 1.0}) {
        Generator generator(7);
        const DropoutMask mask = DropoutMask::draw(p, there(x), generator);
        in_all_schedules([&] { expect_same_bits(dropout(there(x), mask), dropout(x, mask)); });
      }
    }
  }
}

TEST(DeviceRecurrence, IsThatOfTheCPU) {
  const std::int64_t time = 4, batch = 3, hidden = 5;
  const Tensor lengths = tensor({2, 4, 1}, kInt64);
  for (const RecurrentCell cell :
       {RecurrentCell::kTanh, RecurrentCell::kRelu, RecurrentCell::kLstm, RecurrentCell::kGru}) {
    const std::int64_t width = gates_of(cell) * hidden;
    const bool lstm = cell == RecurrentCell::kLstm;
    const Tensor x = numbers({time, batch, width}), h = numbers({batch, hidden}, kFloat64, 2);
    const Tensor c = lstm ? numbers({batch, hidden}, kFloat64, 3) : Tensor();
    const Tensor w = numbers({width, hidden}, kFloat64, 4);
    const Tensor b = numbers({width}, kFloat64, 5), b_h = numbers({width}, kFloat64, 6);
    const Tensor dy = numbers({time + (lstm ? 2 : 1), batch, hidden}, kFloat64, 7);
    for (const bool reverse : {false, true}) {
      for (const Tensor& ends : {Tensor(), lengths}) {
        const RecurrentSteps steps{cell, reverse, ends};
        const RecurrentForward y = recurrent_forward(x.clone(), h, c, w, b, b_h, steps, true);
        const RecurrentBackward d = recurrent_backward(dy, y, h, c, w, steps);
        in_all_schedules([&] {
          const RecurrentForward got = recurrent_forward(there(x), there(h), there(c), there(w),
                                                         there(b), there(b_h), steps, true);
          expect_near(got.y, y.y, "y");
          const RecurrentBackward of =
              recurrent_backward(there(dy), got, there(h), there(c), there(w), steps);
          expect_near(of.projected, d.projected, "dx");
          expect_near(of.recurrent, d.recurrent, "dr");
          expect_near(of.previous, d.previous, "previous");
          expect_near(of.h, d.h, "dh");
          if (lstm) expect_near(of.c, d.c, "dc");
        });
        expect_near(
            recurrent_forward(there(x), there(h), there(c), there(w), {}, {}, steps, false).y,
            recurrent_forward(x.clone(), h, c, w, {}, {}, steps, false).y, "no bias");
      }
    }
  }
}

TEST(DeviceAttention, IsThatOfTheCPU) {
  const Shape keys{2, 3, 6, 4}, queries{2, 3, 5, 4}, all{2, 3, 5, 6};
  const Tensor q = numbers(queries), k = numbers(keys, kFloat64, 2), v = numbers(keys, kFloat64, 3);
  const Tensor dy = numbers(queries, kFloat64, 4);
  Generator generator(5);
  Tensor blocked = bernoulli(all, 0.3, generator, kBool);
  blocked.select(2, 1).fill(true);  // sees nothing
  const Tensor dropped = bernoulli(all, 0.3, generator, kBool), added = numbers(all, kFloat64, 6);
  for (const AttentionScores& scores :
       {AttentionScores{{}, {}, {}, false, 0.5, 1}, AttentionScores{{}, added, {}, true, 0.5, 1},
        AttentionScores{blocked, added, dropped, false, 0.5, 1.5}}) {
    const auto run = [&](auto at) {
      const Tensor y = zeros(queries, kFloat64, at(q).device());
      const Tensor log_sum = zeros({2, 3, 5}, kFloat64, y.device());
      const AttentionScores moved{at(scores.blocked), at(scores.added), at(scores.dropped),
                                  scores.is_causal,   scores.scale,     scores.kept};
      attention_into(y, log_sum, at(q), at(k), at(v), moved);
      const Tensor dq = zeros(queries, kFloat64, y.device());
      const Tensor dk = zeros(keys, kFloat64, y.device()), dv = dk.clone();
      attention_backward_into(dq, dk, dv, at(dy), y, log_sum, at(q), at(k), at(v), moved);
      return std::vector<Tensor>{y, log_sum, dq, dk, dv};
    };
    const std::vector<Tensor> expected = run([](const Tensor& x) { return x; });
    in_all_schedules([&] {
      const std::vector<Tensor> got = run(there);
      for (std::size_t i = 0; i < got.size(); ++i) {
        expect_near(got[i], expected[i], "result " + std::to_string(i));
      }
    });
  }
}

// Small networks of four kinds.

struct LeNet : nn::Module {
  explicit LeNet(Generator& rng)
      : conv1(child("conv1", nn::Conv2d(1, 4, 5, rng, {.padding = 2}))),
        conv2(child("conv2", nn::Conv2d(4, 6, 3, rng))),
        linear1(child("linear1", nn::Linear(24, 20, rng))),
        linear2(child("linear2", nn::Linear(20, 5, rng))) {}
  Variable forward(Operand x) const override {
    Variable y = avg_pool2d(sigmoid(conv1(x)), 2);
    y = max_pool2d(relu(conv2(y)), 2);
    return linear2(tanh(linear1(flatten(y, 1))));
  }
  nn::Child<nn::Conv2d> conv1, conv2;
  nn::Child<nn::Linear> linear1, linear2;
};

struct ResNet : nn::Module {
  explicit ResNet(Generator& rng)
      : conv1(child("conv1", nn::Conv2d(1, 6, 3, rng, {.stride = 2, .padding = 1}))),
        conv2(child("conv2", nn::Conv2d(6, 6, 3, rng, {.padding = 1, .bias = false}))),
        norm1(child("norm1", nn::BatchNorm2d(6))),
        norm2(child("norm2", nn::BatchNorm2d(6))),
        linear(child("linear", nn::Linear(6, 5, rng))) {}
  Variable forward(Operand x) const override {
    const Variable y = relu(norm1(conv1(x)));
    return linear(flatten(adaptive_avg_pool2d(relu(norm2(conv2(y)) + y), 1), 1));
  }
  nn::Child<nn::Conv2d> conv1, conv2;
  nn::Child<nn::BatchNorm2d> norm1, norm2;
  nn::Child<nn::Linear> linear;
};

struct Gpt : nn::Module {
  explicit Gpt(Generator& rng)
      : tokens(child("tokens", nn::Embedding(11, 8, rng))),
        block(child("block", nn::TransformerEncoderLayer(8, 2, rng,
                                                         {.dim_feedforward = 16,
                                                          .dropout = 0.1,
                                                          .activation = "gelu",
                                                          .batch_first = true,
                                                          .norm_first = true}))),
        norm(child("norm", nn::LayerNorm(8))),
        head(child("head", nn::Linear(8, 11, rng))) {}
  Variable forward(Operand x) const override {
    const Variable y = rotary(tokens(x));
    const nn::TransformerEncoderCall causal{.is_causal = true};
    return reshape(head(norm((*block)(y, causal))), {-1, 11});
  }
  nn::Child<nn::Embedding> tokens;
  nn::Child<nn::TransformerEncoderLayer> block;
  nn::Child<nn::LayerNorm> norm;
  nn::Child<nn::Linear> head;
};

struct LstmClassifier : nn::Module {
  explicit LstmClassifier(Generator& rng)
      : lstm(child("lstm", nn::LSTM(14, 8, rng, {.batch_first = true, .bidirectional = true}))),
        dropout(child("dropout", nn::Dropout(rng, 0.2))),
        linear(child("linear", nn::Linear(16, 5, rng))) {}
  Variable forward(Operand x) const override {
    const Variable y = (*lstm)(reshape(x, {x.value().dim(0), 14, 14})).output;
    return linear(dropout(select(y, 1, 13)));
  }
  nn::Child<nn::LSTM> lstm;
  nn::Child<nn::Dropout> dropout;
  nn::Child<nn::Linear> linear;
};

template <class Net>
std::vector<double> losses(Device device, const Tensor& x, const Tensor& target) {
  Generator rng(3);
  Net net(rng);
  net.to(device);
  std::vector<double> all;
  for (int step = 0; step < 4; ++step) {
    const Variable y = net(x.to(device));
    const Variable loss = nn::cross_entropy(y, target.to(device));
    all.push_back(loss.item());
    loss.backward();
    for (const Variable& p : net.parameters()) {
      p.value().copy_from(p.value() - p.grad().value() * 0.1);
      p.zero_grad();
    }
  }
  return all;
}

template <class Net>
void learns_alike(const Tensor& x, const Tensor& target) {
  const std::vector<double> expected = losses<Net>(kCpu, x, target);
  const std::vector<double> got = losses<Net>(tested_device(), x, target);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], 1e-5 * expected[i]) << "step " << i;
  }
  EXPECT_NE(expected.front(), expected.back());
}

TEST(DeviceNetworks, LearnAsOnTheCPU) {
  Generator rng(1);
  const Tensor images = uniform({6, 1, 14, 14}, 0, 1, rng), classes = randint(0, 5, {6}, rng);
  learns_alike<LeNet>(images, classes);
  learns_alike<ResNet>(images, classes);
  learns_alike<LstmClassifier>(images, classes);
  learns_alike<Gpt>(randint(0, 11, {3, 6}, rng), randint(0, 11, {18}, rng));
}
}  // namespace
}  // namespace gradus::testing
