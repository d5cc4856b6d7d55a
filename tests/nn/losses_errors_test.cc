// What losses refuse, and in which words.
#include <gtest/gtest.h>

#include "autograd/ops/cross_entropy.h"
#include "nn/losses/binary_cross_entropy.h"
#include "nn/losses/cosine.h"
#include "nn/losses/gaussian_nll.h"
#include "nn/losses/half_mse.h"
#include "nn/losses/hinge_embedding.h"
#include "nn/losses/huber.h"
#include "nn/losses/kl_div.h"
#include "nn/losses/l1.h"
#include "nn/losses/margin_ranking.h"
#include "nn/losses/multi_margin.h"
#include "nn/losses/nll.h"
#include "nn/losses/poisson_nll.h"
#include "nn/losses/smooth_l1.h"
#include "nn/losses/soft_margin.h"
#include "nn/losses/triplet_margin.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_throws_text;

struct Loss {
  std::string name;
  Variable (*f)(const Variable&, const Variable&);
};
using V = const Variable&;
const Loss kAlike[] = {
    {"mse_loss", [](V x, V t) { return mse_loss(x, t); }},
    {"half_mse_loss", [](V x, V t) { return half_mse_loss(x, t); }},
    {"l1_loss", [](V x, V t) { return l1_loss(x, t); }},
    {"smooth_l1_loss", [](V x, V t) { return smooth_l1_loss(x, t); }},
    {"huber_loss", [](V x, V t) { return huber_loss(x, t); }},
    {"binary_cross_entropy", [](V x, V t) { return binary_cross_entropy(x, t); }},
    {"binary_cross_entropy_with_logits",
     [](V x, V t) { return binary_cross_entropy_with_logits(x, t); }},
    {"kl_div", [](V x, V t) { return kl_div(x, t); }},
    {"hinge_embedding_loss", [](V x, V t) { return hinge_embedding_loss(x, t); }},
    {"soft_margin_loss", [](V x, V t) { return soft_margin_loss(x, t); }},
    {"poisson_nll_loss", [](V x, V t) { return poisson_nll_loss(x, t); }},
    {"gaussian_nll_loss", [](V x, V t) { return gaussian_nll_loss(x, t, x); }},
};

TEST(LossErrors, NameDevicesThatDiffer) {
  const Tensor here = ones({2, 3}), there = ones({2, 3}, kCudaEmulated);
  for (const Loss& loss : kAlike) {
    expect_throws_text<DeviceError>([&] { loss.f(there, here); },
                                    "[" + loss.name +
                                        "] input is on cuda_emulated and target is on cpu; "
                                        "expected one device; use target.to(\"cuda_emulated\")");
  }
  const Tensor classes = zeros({2}, kInt64, kCudaEmulated);
  expect_throws_text<DeviceError>(
      [&] { return gradus::cross_entropy(there, classes, {.weight = ones({3})}); },
      "[cross_entropy] logits is on cuda_emulated and weight is on cpu; expected one device; use "
      "weight.to(\"cuda_emulated\")");
}

TEST(LossErrors, NameUnequalShapes) {
  for (const Loss& loss : kAlike) {
    const auto expect = [&](const Shape& x, const Shape& t, const std::string& text) {
      expect_throws_text<ShapeError>(
          [&] { loss.f(zeros(x), zeros(t)); },
          "[" + loss.name + "] input is " + text + "; expected equal shapes; use reshape");
    };
    // Broadcasting would make [10, 10] of it, a loss of another problem.
    expect({10, 1}, {10}, "[10, 1] and target is [10]");
    expect({10}, {10, 1}, "[10] and target is [10, 1]");
    expect({10, 1}, {1, 1}, "[10, 1] and target is [1, 1]");
    expect({10}, {}, "[10] and target is []");
    expect({2, 3}, {3, 2}, "[2, 3] and target is [3, 2]");
  }
  expect_throws_text<ShapeError>(
      [] { margin_ranking_loss(zeros({2}), zeros({2}), ones({3})); },
      "[margin_ranking_loss] input1 is [2] and target is [3]; expected equal shapes; use reshape");
  expect_throws_text<ShapeError>(
      [] { triplet_margin_loss(zeros({2}), zeros({1}), ones({2})); },
      "[triplet_margin_loss] anchor is [2] and positive is [1]; expected equal shapes; use "
      "reshape");
}

TEST(LossErrors, NameUndefinedAndWholeInputs) {
  for (const Loss& loss : kAlike) {
    EXPECT_THROW(loss.f(Variable(), zeros({2})), Error) << loss.name;
    EXPECT_THROW(loss.f(zeros({2}), Variable()), Error) << loss.name;
    expect_throws_text<DTypeError>([&] { loss.f(zeros({2}, kInt64), zeros({2})); },
                                   "[" + loss.name + "] input: int64; expected a floating dtype");
  }
}

TEST(LossErrors, NameTheElementThatIsOutOfRange) {
  const Tensor x = tensor({0.5, 0.2, 1.5, 0.1}).reshape({2, 2});
  expect_throws_text<ConfigError>(
      [&] {
        binary_cross_entropy(x, zeros({2, 2}));
      },
      "[binary_cross_entropy] input: 1.5 at [1, 0]; expected probabilities in 0..1; of logits use "
      "binary_cross_entropy_with_logits");
  expect_throws_text<ConfigError>(
      [&] {
        binary_cross_entropy(tensor({0.5, std::nan("")}), zeros({2}));
      },
      "[binary_cross_entropy] input: nan at [1]; expected probabilities in 0..1; of logits use "
      "binary_cross_entropy_with_logits");
  const Tensor labels = tensor({1, 0, -1}), y = zeros({3});
  expect_throws_text<ConfigError>([&] { hinge_embedding_loss(y, labels); },
                                  "[hinge_embedding_loss] target: 0 at [1]; expected 1 or -1");
  expect_throws_text<ConfigError>([&] { soft_margin_loss(y, labels); },
                                  "[soft_margin_loss] target: 0 at [1]; expected 1 or -1");
  expect_throws_text<ConfigError>([&] { margin_ranking_loss(y, y, labels); },
                                  "[margin_ranking_loss] target: 0 at [1]; expected 1 or -1");
  expect_throws_text<ConfigError>(
      [&] {
        cosine_embedding_loss(zeros({3, 2}), ones({3, 2}), labels);
      },
      "[cosine_embedding_loss] target: 0 at [1]; expected 1 or -1");
  expect_throws_text<ConfigError>(
      [&] {
        gaussian_nll_loss(y, y, tensor({1, 2, -1}));
      },
      "[gaussian_nll_loss] var: -1 at [2]; expected numbers >= 0");
  const Tensor scores = zeros({2, 3});
  expect_throws_text<IndexError>(
      [&] {
        nll_loss(scores, tensor({0, 5}, kInt64));
      },
      "[nll_loss] target: 5 at [1]; expected a class in 0..2, or ignore_index -100");
  expect_throws_text<IndexError>(
      [&] {
        multi_margin_loss(scores, tensor({0, -1}, kInt64));
      },
      "[multi_margin_loss] target: -1 at [1]; expected a class in 0..2");
}

TEST(LossErrors, NameWhatDoesNotFitClasses) {
  const Tensor x = zeros({2, 3}), t = zeros({2}, kInt64);
  expect_throws_text<ShapeError>([&] { nll_loss(x, zeros({3}, kInt64)); },
                                 "[nll_loss] input is [2, 3] and target is [3]; expected input [N, "
                                 "C, ...] with classes [N, ...], or [C] with []");
  expect_throws_text<DTypeError>(
      [&] { nll_loss(x, zeros({2})); },
      "[nll_loss] target: float32; expected whole numbers, one class each");
  expect_throws_text<ShapeError>([&] { nll_loss(x, t, {.weight = ones({2})}); },
                                 "[nll_loss] weight: shape [2]; expected [3], one for each class");
  expect_throws_text<ShapeError>(
      [&] {
        multi_margin_loss(zeros({2, 3, 4}), t);
      },
      "[multi_margin_loss] input is [2, 3, 4] and target is [2]; "
      "expected input [N, C] with classes [N], or [C] with []");
  expect_throws_text<ShapeError>(
      [&] { multi_margin_loss(x, t, {.weight = ones({2})}); },
      "[multi_margin_loss] weight: shape [2]; expected [3], one for each class");
  expect_throws_text<ShapeError>(
      [&] { mse_loss(x, x, {.weight = ones({2})}); },
      "[mse_loss] weight: shape [2]; expected one that broadcasts to [2, 3]");
  expect_throws_text<DTypeError>([&] { mse_loss(x, x, {.weight = ones({3}, kInt64)}); },
                                 "[mse_loss] weight: int64; expected a floating dtype");
  expect_throws_text<ShapeError>(
      [&] {
        binary_cross_entropy_with_logits(x, x, {.pos_weight = ones({2, 1, 3})});
      },
      "[binary_cross_entropy_with_logits] pos_weight: shape [2, 1, 3]; expected one that "
      "broadcasts to [2, 3]");
  expect_throws_text<ShapeError>(
      [&] { gaussian_nll_loss(x, x, ones({3})); },
      "[gaussian_nll_loss] input is [2, 3] and var is [3]; expected equal shapes, or var with size "
      "1 in one axis or without the last");
  expect_throws_text<ShapeError>(
      [&] {
        gaussian_nll_loss(x, x, ones({1, 1}));
      },
      "[gaussian_nll_loss] input is [2, 3] and var is [1, 1]; expected "
      "equal shapes, or var with size 1 in one axis or without the "
      "last");
  expect_throws_text<ShapeError>(
      [&] { cosine_embedding_loss(x, x, ones({3})); },
      "[cosine_embedding_loss] input1 is [2, 3] and target is [3]; expected input1 [N, D] with "
      "target [N], or [D] with []");
  expect_throws_text<ShapeError>(
      [&] {
        cosine_embedding_loss(x, zeros({1, 3}), ones({2}));
      },
      "[cosine_embedding_loss] input1 is [2, 3] and input2 is [1, 3]; expected equal shapes; "
      "use reshape");
  EXPECT_THROW(cosine_similarity(x, zeros({2, 4})), ShapeError);
  EXPECT_THROW(cosine_similarity(x, x, {.axis = 2}), IndexError);
  expect_throws_text<ShapeError>(
      [] { triplet_margin_loss(Tensor(1.0f), Tensor(1.0f), Tensor(1.0f)); },
      "[triplet_margin_loss] anchor: shape []; expected [..., D]");
}

TEST(LossErrors, NameOptionsThatAreOutOfRange) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ConfigError>([&] { smooth_l1_loss(x, x, {.beta = -1}); },
                                  "[smooth_l1_loss] beta: -1; expected a number >= 0");
  expect_throws_text<ConfigError>([&] { huber_loss(x, x, {.delta = 0}); },
                                  "[huber_loss] delta: 0; expected a number > 0");
  expect_throws_text<ConfigError>([&] { multi_margin_loss(x, zeros({2}, kInt64), {.p = 3}); },
                                  "[multi_margin_loss] p: 3; expected 1 or 2");
  expect_throws_text<ConfigError>([&] { cosine_similarity(x, x, {.eps = 0}); },
                                  "[cosine_similarity] eps: 0; expected a number > 0");
  expect_throws_text<ConfigError>([&] { gaussian_nll_loss(x, x, x, {.eps = 0}); },
                                  "[gaussian_nll_loss] eps: 0; expected a number > 0");
  expect_throws_text<ConfigError>([&] { triplet_margin_loss(x, x, x, {.margin = 0}); },
                                  "[triplet_margin_loss] margin: 0; expected a number > 0");
}

}  // namespace
}  // namespace gradus::nn
