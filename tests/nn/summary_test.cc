#include "nn/summary.h"

#include <gtest/gtest.h>

#include "autograd/ops/attention.h"
#include "autograd/ops/conv.h"
#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/matmul.h"
#include "tensor/work.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;

// Numbers of all kinds that a call may change, and does, whatever the mode.
struct Restless : Module {
  explicit Restless(Generator& rng) : noise(random_stream("noise", rng)) {}
  Variable forward(Operand x) const override {
    if (training()) throw ConfigError("[Restless] called in training");
    noise->advance(5);
    mean.value().fill(9);
    count.set_value(full({}, 4, kInt64));
    return std::move(x.variable);
  }
  Buffer mean = buffer("mean", ones({2})), count = buffer("count", full({}, 3, kInt64));
  Buffer read = buffer("read", ones({2}));
  RandomStream noise;
};

TEST(Summary, DrawsATableOfAllLayers) {
  Generator rng(1);
  Sequential net(Linear(784, 256, rng), ReLU(), Sequential(Linear(256, 10, rng, false)));
  net.at(2).set_requires_grad(false);
  const Summary all = summary(net, {32, 784});
  EXPECT_EQ(to_string(all),
            "Layer            Output     Parameters  Multiply-adds  Output bytes\n"
            "Sequential       [32, 10]      203,520      6,504,448         1,280\n"
            "  0: Linear      [32, 256]     200,960      6,422,528        32,768\n"
            "  1: ReLU        [32, 256]           0              0        32,768\n"
            "  2: Sequential  [32, 10]        2,560         81,920         1,280\n"
            "    0: Linear    [32, 10]        2,560         81,920         1,280\n"
            "Parameters: 203,520, of which 200,960 are trained and 2,560 are frozen\n"
            "Multiply-adds: 6,504,448\n"
            "Memory: 795.0 KiB of parameters, 785.0 KiB of their gradients, 0 bytes of buffers, "
            "65.2 KiB of activations");
  ASSERT_EQ(all.rows.size(), 5u);
  EXPECT_EQ(all.rows[4].path, "2.0");
  EXPECT_EQ(all.rows[4].layer, "Linear");
  EXPECT_EQ(all.rows[4].output, (Shape{32, 10}));
  EXPECT_EQ(all.activation_bytes, 2 * 32768 + 1280);
}

TEST(Summary, LeavesTheModuleAsItWas) {
  Generator rng(1);
  Sequential net{Restless(rng), Sequential{Restless(rng)}, ReLU()};
  net.at(1).train(false);
  static_cast<Sequential&>(net.at(1)).at(0).train();
  const auto& part = static_cast<Restless&>(net.at(0));
  part.noise->set_position(17);
  const std::uint32_t version = part.read.value().version();
  const Node* node = part.count.node();
  const auto check = [&] {
    EXPECT_TRUE(net.training());
    EXPECT_TRUE(net.at(0).training());
    EXPECT_FALSE(net.at(1).training());
    EXPECT_TRUE(static_cast<Sequential&>(net.at(1)).at(0).training());
    EXPECT_EQ(part.noise->position(), 17u);
    EXPECT_EQ(part.mean.value().to_vector(), (std::vector<double>{1, 1}));
    EXPECT_EQ(part.count.item(), 3);
    EXPECT_EQ(part.count.node(), node);
    EXPECT_EQ(part.read.value().version(), version);
    EXPECT_TRUE(grad_enabled());
    EXPECT_EQ(CallWatch::current(), nullptr);
  };
  EXPECT_EQ(summary(net, {2}).rows[1].calls, 1);
  check();
  EXPECT_THROW(summary(net,
                       [&] {
                         net(ones({2}));
                         throw ShapeError("any");
                       }),
               ShapeError);
  check();
}

TEST(Summary, CountsWhatIsSharedOnceAndCallsEachTime) {
  struct Twice : Module {
    explicit Twice(Generator& rng)
        : first(child("first", Linear(4, 4, rng, false))),
          again(child("again", first)),
          idle(child("idle", Linear(4, 1, rng, false))) {}
    Variable forward(Operand x) const override { return again(first(std::move(x))); }
    Child<Linear> first, again, idle;
  };
  Generator rng(1);
  Twice twice(rng);
  const Summary all = summary(twice, {3, 4});
  EXPECT_EQ(to_string(all).substr(0, to_string(all).find("\nParameters")),
            "Layer                Output      Parameters  Multiply-adds  Output bytes\n"
            "Twice                [3, 4]              20             96            48\n"
            "  first: Linear x 2  [3, 4]              16             96            96\n"
            "  idle: Linear       not called           4              0             0");
  EXPECT_EQ(all.trainable, 20);
  EXPECT_EQ(all.activation_bytes, 96);
}

TEST(Summary, SeesModulesThatAreNotRegistered) {
  struct Lost : Module {
    explicit Lost(Generator& rng) : lost(4, 2, rng) {}
    Variable forward(Operand x) const override { return ReLU()(lost(std::move(x))); }
    Linear lost;
  };
  struct Known : Module {
    explicit Known(Generator& rng) : copy(4, 2, rng), layer(child("layer", copy)) {}
    Variable forward(Operand x) const override { return copy(std::move(x)); }
    Linear copy;
    Child<Linear> layer;
  };
  Generator rng(1);
  Lost lost(rng);
  const Summary all = summary(lost, {3, 4});
  EXPECT_EQ(all.not_registered, std::vector<std::string>{"Linear"});
  EXPECT_EQ(all.multiply_adds, 24);
  EXPECT_NE(to_string(all).find("\nNot registered: a Linear, whose parameters are neither trained "
                                "nor saved; declare it as Child<Linear> x = child(\"x\", "
                                "Linear(...))"),
            std::string::npos);
  Known known(rng);
  EXPECT_TRUE(summary(known, {3, 4}).not_registered.empty());
}

TEST(Summary, GoesOnAfterAnErrorThatAModuleCatches) {
  struct Tries : Module {
    explicit Tries(Generator& rng)
        : small(child("small", Linear(2, 2, rng))), large(child("large", Linear(4, 3, rng))) {}
    Variable forward(Operand x) const override {
      large(x);
      try {
        return small(x);
      } catch (const ShapeError&) {
        return large(x);
      }
    }
    Child<Linear> small, large;
  };
  Generator rng(1);
  Tries tries(rng);
  const Summary all = summary(tries, {5, 4});
  EXPECT_EQ(all.rows[0].multiply_adds, 120);
  EXPECT_EQ(all.rows[0].calls, 1);
  EXPECT_EQ(all.rows[1].calls, 0);
  EXPECT_EQ(all.rows[2].calls, 2);
}

TEST(Summary, TakesTensorsAndCallsOfOnesOwn) {
  struct Lookup : Module {
    Variable forward(Operand x) const override {
      EXPECT_EQ(x.variable.dtype(), kInt64);
      return Variable(ones({x.variable.dim(0), 3}));
    }
  };
  Lookup lookup;
  EXPECT_EQ(summary(lookup, {5}, kInt64).rows[0].output, (Shape{5, 3}));
  EXPECT_EQ(summary(lookup, tensor({1, 2}, kInt64)).rows[0].output, (Shape{2, 3}));
  EXPECT_EQ(summary(lookup, [] {}).rows[0].calls, 0);
  EXPECT_EQ(to_string(summary(lookup, [] {})).substr(0, 90).find("not called") != std::string::npos,
            true);
}

std::int64_t work_of(const std::function<void()>& f) {
  const std::int64_t before = multiply_adds;
  f();
  return multiply_adds - before;
}

TEST(MultiplyAdds, AreThoseOfTheFormulas) {
  const auto matmul_work = [](const Shape& a, const Shape& b, DType dtype = kFloat32) {
    return work_of([&] { matmul(zeros(a, dtype), zeros(b, dtype)); });
  };
  EXPECT_EQ(matmul_work({2, 3}, {3, 5}), 30);
  EXPECT_EQ(matmul_work({2, 3}, {3, 5}, kInt64), 30);
  EXPECT_EQ(matmul_work({2, 3}, {3, 5}, kFloat16), 30);
  EXPECT_EQ(matmul_work({3}, {3}), 3);
  EXPECT_EQ(matmul_work({4, 1, 2, 3}, {7, 3, 5}), 4 * 7 * 30);
  EXPECT_EQ(matmul_work({2, 0}, {0, 5}), 0);
  EXPECT_EQ(matmul_work({0, 3}, {3, 5}), 0);

  const Tensor x = zeros({2, 4, 9, 8});
  const auto conv_work = [&](const Shape& w, const ConvOptions& options) {
    return work_of([&] { conv2d(x, zeros(w), Variable(), options); });
  };
  // images * outputs * windows * (channels of a group * kernel)
  EXPECT_EQ(conv_work({6, 4, 3, 3}, {}), 2 * 6 * (7 * 6) * (4 * 9));
  EXPECT_EQ(conv_work({6, 4, 3, 3}, {.stride = 2, .padding = 1}), 2 * 6 * (5 * 4) * (4 * 9));
  EXPECT_EQ(conv_work({6, 2, 3, 1}, {.dilation = 2, .groups = 2}), 2 * 6 * (5 * 8) * (2 * 3));
  EXPECT_EQ(work_of([&] { conv1d(zeros({4, 9}), zeros({6, 4, 3})); }), 6 * 7 * 4 * 3);
  EXPECT_EQ(work_of([&] { conv1d(zeros({2, 4, 9}), zeros({6, 4, 3})); }), 2 * 6 * 7 * 4 * 3);
  // Each number of x goes to each output of its group.
  EXPECT_EQ(work_of([&] {
              conv_transpose2d(x, zeros({4, 3, 2, 2}), Variable(), {.stride = 2, .groups = 2});
            }),
            2 * 4 * 9 * 8 * 3 * 4);
  const Tensor q = zeros({2, 5, 7, 8}), k = zeros({2, 5, 6, 8}), v = zeros({2, 5, 6, 3});
  EXPECT_EQ(work_of([&] { scaled_dot_product_attention(q, k, v); }),
            2 * 5 * (7 * 6 * 8 + 7 * 6 * 3));
}

TEST(MultiplyAdds, OfBackwardAreTwiceThoseOfForward) {
  const Variable x = parameter(ones({2, 4, 6, 6})), w = parameter(ones({8, 4, 3, 3}));
  Variable y;
  const std::int64_t forward = work_of([&] { y = conv2d(x, w); });
  EXPECT_EQ(work_of([&] { y.backward(Variable(ones(y.shape()))); }), 2 * forward);
  const Variable a = parameter(ones({2, 3})), b = parameter(ones({3, 5}));
  EXPECT_EQ(work_of([&] {
              const Variable c = matmul(a, b);
              c.backward(Variable(ones({2, 5})));
            }),
            90);
}

}  // namespace
}  // namespace gradus::nn
