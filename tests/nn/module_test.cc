#include "nn/module.h"

#include <gtest/gtest.h>

#include "nn/linear.h"
#include "nn/relu.h"
#include "nn/sequential.h"
#include "nn/sigmoid.h"
#include "nn/tanh.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

// y = x w, with names chosen by the test.
struct Scale : Module {
  explicit Scale(double w = 1, const std::string& name = "w")
      : w(parameter(name, full({}, w, kFloat64))) {}
  Variable forward(Operand x) const override { return x.variable * w; }
  Parameter w;
};

// Two scales around a parameter of its own.
struct Block : Module {
  Variable forward(Operand x) const override { return last(first(std::move(x)) + shift); }
  Child<Scale> first = child("first", Scale(2));
  Parameter shift = parameter("shift", full({}, 10, kFloat64));
  Child<Scale> last = child("last", Scale(3));
};

// A block inside a block, and a way to register what the test wants.
struct Model : Module {
  Variable forward(Operand x) const override { return block(std::move(x)); }
  Child<Block> block = child("block", Block());
  Parameter bias = parameter("bias", zeros({2}, kFloat64));

  Parameter add_parameter(const std::string& name) { return parameter(name, zeros({1})); }
  void add_child(const std::string& name) { child(name, Scale()); }
};

std::vector<std::string> names(const Module& module) {
  std::vector<std::string> all;
  for (const auto& [name, variable] : module.named_parameters()) all.push_back(name);
  return all;
}

TEST(Module, NamesParametersByTheirPath) {
  const Model model;
  EXPECT_EQ(names(model),
            (std::vector<std::string>{"bias", "block.shift", "block.first.w", "block.last.w"}));
  const auto parameters = model.parameters();
  ASSERT_EQ(parameters.size(), 4u);
  EXPECT_EQ(parameters[0].node(), model.bias.node());
  EXPECT_EQ(parameters[3].node(), model.block->last->w.node());
}

TEST(Module, ParametersAreLeavesThatRequireGradients) {
  for (const Variable& each : Model().parameters()) {
    EXPECT_TRUE(each.requires_grad());
    EXPECT_TRUE(each.is_leaf());
  }
}

TEST(Module, ForwardAndGradientsGoThroughTheParts) {
  const Model model;
  const Variable y = model(full({}, 1, kFloat64));
  EXPECT_EQ(y.item(), 36);
  y.backward();
  EXPECT_EQ(model.block->last->w.grad().item(), 12);
  EXPECT_EQ(model.block->shift.grad().item(), 3);
  EXPECT_EQ(model.block->first->w.grad().item(), 3);
  EXPECT_FALSE(model.bias.grad().defined());
}

TEST(Module, ZeroGradForgetsAllGradients) {
  const Model model;
  model(full({}, 1, kFloat64)).backward();
  model.zero_grad();
  for (const Variable& each : model.parameters()) EXPECT_FALSE(each.grad().defined());
}

TEST(Module, ListsASharedParameterOnceUnderItsFirstName) {
  struct Tied : Module {
    Variable forward(Operand x) const override { return b(a(std::move(x))); }
    Child<Scale> a = child("a", Scale(2));
    Child<Scale> b = child("b", Scale(*a));  // a copy of the handle: the same variable
  };
  const Tied tied;
  EXPECT_EQ(tied.a->w.node(), tied.b->w.node());
  EXPECT_EQ(names(tied), std::vector<std::string>{"a.w"});
  EXPECT_EQ(tied.parameters().size(), 1u);
  // y = w w x: the gradient is the sum over both places.
  tied(full({}, 5, kFloat64)).backward();
  EXPECT_EQ(tied.a->w.grad().item(), 20);
}

TEST(Module, TrainAndEvalReachEveryPart) {
  Model model;
  const auto expect = [&](bool on) {
    EXPECT_EQ(model.training(), on);
    EXPECT_EQ(model.block->training(), on);
    EXPECT_EQ(model.block->first->training(), on);
    EXPECT_EQ(model.block->last->training(), on);
  };
  expect(true);
  model.eval();
  expect(false);
  model.train();
  expect(true);
  model.train(false);
  expect(false);
  model.block->train();  // and it reaches down only
  EXPECT_FALSE(model.training());
  EXPECT_TRUE(model.block->first->training());
}

TEST(Module, BadNamesAreErrorsAndRegisterNothing) {
  const std::string expected =
      "'; expected one that is new in this module, not empty and without dots";
  for (const std::string name : {"", "a.b", ".", "bias", "block"}) {
    Model model;
    const auto before = names(model);
    expect_throws_text<ConfigError>([&] { model.add_parameter(name); },
                                    "[Module] name: '" + name + expected);
    expect_throws_text<ConfigError>([&] { model.add_child(name); },
                                    "[Module] name: '" + name + expected);
    EXPECT_EQ(names(model), before);
  }
  Model model;
  model.add_parameter("new");
  model.add_child("other");
  EXPECT_EQ(names(model).size(), 6u);
}

TEST(Module, IntegerParametersAreErrors) {
  struct Counter : Module {
    Variable forward(Operand x) const override { return x.variable; }
    Parameter n = parameter("n", zeros({1}, kInt64));
  };
  EXPECT_THROW(Counter(), DTypeError);
}

TEST(Module, ActivationsAreTheFunctions) {
  const Tensor x = tensor({{-1.5, 0}, {0.5, 2}}, kFloat64);
  expect_same_bits(ReLU()(x).value(), relu(x));
  expect_same_bits(Tanh()(x).value(), tanh(x));
  expect_same_bits(Sigmoid()(x).value(), sigmoid(x));
  EXPECT_TRUE(ReLU().parameters().empty());
}

}  // namespace
}  // namespace gradus::nn
