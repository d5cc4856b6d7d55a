#include "nn/sequential.h"

#include <gtest/gtest.h>

#include "autograd/ops/matmul.h"
#include "autograd/ops/transpose.h"
#include "nn/linear.h"
#include "nn/losses/mse.h"
#include "nn/relu.h"
#include "nn/sigmoid.h"
#include "nn/tanh.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::nn {
namespace {

using testing::expect_close;
using testing::expect_same_bits;
using testing::expect_throws_text;

Sequential small_model(DType dtype = kFloat64) {
  Generator rng(1);
  return Sequential(Linear(3, 4, rng, true, dtype), Tanh(), Linear(4, 2, rng, true, dtype));
}

TEST(Sequential, NamesItsLayersByNumber) {
  const Sequential model = small_model();
  std::vector<std::string> names;
  for (const auto& [name, variable] : model.named_parameters()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
  EXPECT_EQ(model.size(), 3u);
}

TEST(Sequential, AppliesItsLayersInTurn) {
  const Sequential model = small_model();
  Generator rng(2);
  const Tensor x = uniform({5, 3}, -1, 1, rng, kFloat64);
  const Variable step_by_step = model.at(2)(model.at(1)(model.at(0)(x)));
  expect_same_bits(model(x).value(), step_by_step.value());
  const auto p = model.parameters();
  const Variable by_hand = matmul(tanh(matmul(x, transpose(p[0])) + p[1]), transpose(p[2])) + p[3];
  expect_close(model(x).value(), by_hand.value(), 1e-14, 1e-14);  // a few roundings
}

TEST(Sequential, GradientsAgreeWithDifferences) {
  const Sequential model = small_model();
  const Tensor target = testing::gap_parameter({5, 2}, -1, 1, 4).value();
  std::vector<Variable> inputs = model.parameters();
  inputs.push_back(testing::gap_parameter({5, 3}, -1, 1, 3));
  testing::expect_gradients(
      "linear", [&](auto in) { return mse_loss(model(in[in.size() - 1]), target); }, inputs);
}

TEST(Sequential, OfNothingGivesItsInput) {
  const Sequential nothing;
  EXPECT_EQ(nothing.size(), 0u);
  const Variable x = parameter(ones({2}));
  EXPECT_EQ(nothing(x).node(), x.node());
  EXPECT_TRUE(nothing.parameters().empty());
}

TEST(Sequential, CanHoldASequential) {
  Generator rng(1);
  const Sequential model(Linear(3, 3, rng), Sequential(ReLU(), Linear(3, 1, rng, false)));
  std::vector<std::string> names;
  for (const auto& [name, variable] : model.named_parameters()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight", "0.bias", "1.1.weight"}));
  EXPECT_EQ(model(zeros({4, 3})).shape(), (Shape{4, 1}));
}

TEST(Sequential, TrainAndEvalReachItsLayers) {
  Sequential model = small_model();
  model.eval();
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_FALSE(model.at(i).training());
  model.train();
  for (std::size_t i = 0; i < model.size(); ++i) EXPECT_TRUE(model.at(i).training());
}

TEST(Sequential, IndexesOutsideAreErrors) {
  const Sequential model = small_model();
  expect_throws_text<IndexError>(
      [&] { model.at(3); }, "[Sequential] index: 3; expected less than 3, the number of layers");
  expect_throws_text<IndexError>(
      [&] { Sequential().at(0); },
      "[Sequential] index: 0; expected less than 0, the number of layers");
}

TEST(Sequential, ErrorsOfALayerComeThrough) {
  const Sequential model = small_model();
  expect_throws_text<ShapeError>(
      [&] {
        model(zeros({5, 4}, kFloat64));
      },
      "[Linear] x is [5, 4]; expected [..., 3] (in 0)");
}

}  // namespace
}  // namespace gradus::nn
