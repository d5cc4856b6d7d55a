// Operations that are several in one recorded step: central differences, and their errors.
#include <gtest/gtest.h>

#include "autograd/ops/cross_entropy.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/layer_norm.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(FusedGradients, SoftmaxAndItsLogarithm) {
  for (const Shape& shape :
       {Shape{4}, Shape{2, 3}, Shape{2, 2, 2}, Shape{1}, Shape{}, Shape{0, 2}, Shape{2, 0}}) {
    const Variable x = gap_parameter(shape, -2, 2, 1);
    for (int axis = 0; axis < std::max(1, shape.rank()); ++axis) {
      expect_gradients("softmax", [&](Inputs v) { return square(softmax(v[0], axis)); }, {x});
      expect_gradients("log_softmax", [&](Inputs v) { return square(log_softmax(v[0], axis)); },
                       {x});
    }
  }
  const Variable x = gap_parameter({2, 3}, -2, 2, 2);
  expect_gradients("softmax", [](Inputs v) { return square(softmax(transpose(v[0]), -1)); }, {x});
  expect_gradients("log_softmax", [](Inputs v) { return square(log_softmax(flip(v[0]), 0)); }, {x});
}

TEST(FusedGradients, CrossEntropy) {
  const auto check_loss = [](const Shape& shape, const Tensor& target) {
    const auto loss = [&](Inputs v) { return square(cross_entropy(v[0], target)); };
    expect_gradients("cross_entropy", loss, {gap_parameter(shape, -2, 2, 1)});
  };
  check_loss({3, 4}, tensor({0, 3, 3}, kInt64));
  check_loss({1, 1}, tensor({0}, kUInt8));
  check_loss({4}, tensor(2, kInt32));
  check_loss({2, 3, 2}, tensor({{0, 1}, {2, 2}}, kInt64));
  expect_gradients("cross_entropy",
                   [](Inputs v) {
                     return cross_entropy(transpose(v[0]), tensor({1, 0, 1}, kInt64));
                   },
                   {gap_parameter({2, 3}, -2, 2, 2)});
  const Variable none = parameter(zeros({0, 3}));
  const Variable loss = cross_entropy(none, zeros({0}, kInt64));
  EXPECT_TRUE(std::isnan(loss.item()));
  loss.backward();
  EXPECT_EQ(none.grad().shape(), Shape({0, 3}));
}

TEST(FusedGradients, LayerNorm) {
  const auto f = [](Inputs v) { return square(layer_norm(v[0], v[1], v[2], 0.1)); };
  for (const auto& [x, d] : std::vector<std::pair<Shape, Shape>>{
           {{2, 3}, {3}}, {{4}, {4}}, {{2, 2, 3}, {2, 3}}, {{2, 1}, {1}}, {{0, 3}, {3}}}) {
    const Variable weight = gap_parameter(d, -2, 2, 2), bias = gap_parameter(d, -2, 2, 3);
    expect_gradients("layer_norm", f, {gap_parameter(x, -2, 2, 1), weight, bias});
    expect_gradients("layer_norm", f, {Variable(gap_parameter(x, -2, 2, 1).value()), weight, bias});
  }
  expect_gradients("layer_norm",
                   [](Inputs v) { return square(layer_norm(transpose(v[0]), v[1], v[1])); },
                   {gap_parameter({3, 2}, -2, 2, 1), gap_parameter({3}, -2, 2, 2)});
}

TEST(FusedErrors, NameArgumentsAndWhatWasExpected) {
  expect_throws_text<ShapeError>(
      [] {
        cross_entropy(zeros({2, 3}), zeros({3}, kInt64));
      },
      "[cross_entropy] logits is [2, 3] and target is [3]; expected logits [N, C, ...] with target "
      "[N, ...], or [C] with []");
  expect_throws_text<DTypeError>(
      [] {
        cross_entropy(zeros({2, 3}), zeros({2}));
      },
      "[cross_entropy] target: float32; expected whole numbers, one "
      "class each");
  expect_throws_text<DTypeError>(
      [] {
        cross_entropy(zeros({2, 3}, kInt64), zeros({2}, kInt64));
      },
      "[cross_entropy] logits: int64; expected a floating dtype");
  expect_throws_text<IndexError>(
      [] {
        cross_entropy(zeros({2, 3}), tensor({0, 5}, kInt64));
      },
      "[cross_entropy] target: 5; expected a class in 0..2");
  expect_throws_text<IndexError>(
      [] {
        cross_entropy(zeros({2, 3}), tensor({0, -1}, kInt64));
      },
      "[cross_entropy] target: -1; expected a class in 0..2");
  expect_throws_text<ShapeError>(
      [] {
        layer_norm(zeros({2, 3}), ones({2}), zeros({2}));
      },
      "[layer_norm] x is [2, 3], weight is [2] and bias is [2]; expected x [..., D...], weight "
      "[D...], bias [D...]");
  expect_throws_text<IndexError>(
      [] {
        softmax(Variable(zeros({2, 3})), 2);
      },
      "[softmax] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
}

}  // namespace
}  // namespace gradus::testing
