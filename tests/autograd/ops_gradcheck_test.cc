// Central differences of first and second order in all coordinates: every element-wise rule, from
// the list the build makes, and the structured operations. tests/house/gradients_test.cc looks for
// operations that nobody checks.
#include <gtest/gtest.h>

#include <array>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/gradients.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

const std::vector<Shape> kShapes = {{2, 3}, {1, 1}, {}, {0, 3}, {17}};

Variable input_for(const std::string& rule, const Shape& shape, int seed) {
  const Range range = smooth_range(rule);
  return gap_parameter(shape, range.low, range.high, seed);
}

TEST(OpsGradcheck, EveryUnaryRule) {
  for (const UnaryRule& rule : rules().unary) {
    const auto plain = [&](Inputs x) { return rule.variable(x[0]); };
    for (const Shape& shape : kShapes) {
      expect_gradients(rule.name, plain, {input_for(rule.name, shape, 1)});
    }
    const Variable x = input_for(rule.name, {3, 4}, 2);
    expect_gradients(rule.name, [&](Inputs v) { return rule.variable(transpose(v[0])); }, {x});
    expect_gradients(rule.name,
                     [&](Inputs v) {
                       return rule.variable(slice(v[0], 1, {1, 4, 2}));
                     },
                     {x});
    expect_gradients(rule.name,
                     [&](Inputs v) {
                       return rule.variable(sum_to(v[0], {1, 4}));
                     },
                     {input_for(rule.name, {1, 4}, 3)});
  }
}

TEST(OpsGradcheck, EveryBinaryRule) {
  const std::vector<std::pair<Shape, Shape>> shapes = {
      {{2, 3}, {2, 3}}, {{2, 3}, {3}}, {{3}, {2, 3}},    {{2, 1}, {1, 3}}, {{2, 3}, {}},
      {{}, {}},         {{1}, {1, 1}}, {{0, 3}, {1, 3}}, {{2, 0}, {2, 1}}, {{2, 1, 2}, {3, 1}}};
  for (const BinaryRule& rule : rules().binary) {
    const auto plain = [&](Inputs x) { return rule.variable(x[0], x[1]); };
    for (const auto& [a, b] : shapes) {
      expect_gradients(rule.name, plain,
                       {input_for(rule.name, a, 1), input_for(rule.name, b, 101)});
    }
    const Variable a = input_for(rule.name, {3, 2}, 4), b = input_for(rule.name, {2, 3}, 5);
    expect_gradients(rule.name, [&](Inputs x) { return rule.variable(transpose(x[0]), x[1]); },
                     {a, b});
    // One side constant, and the same variable on both.
    expect_gradients(rule.name, plain, {a, Variable(transpose(b).value())});
    expect_gradients(rule.name, plain, {Variable(transpose(b).value()), a});
    expect_gradients(rule.name, [&](Inputs x) { return rule.variable(x[0], x[0]); }, {a});
  }
}

TEST(OpsGradcheck, EveryTernaryRule) {
  const std::vector<std::array<Shape, 3>> shapes = {
      {{{2, 3}, {2, 3}, {2, 3}}}, {{{2, 3}, {3}, {}}}, {{{}, {2, 1}, {3}}}, {{{0, 3}, {3}, {}}}};
  for (const TernaryRule& rule : rules().ternary) {
    for (const auto& [a, b, c] : shapes) {
      expect_gradients(
          rule.name, [&](Inputs x) { return rule.variable(x[0], x[1], x[2]); },
          {input_for(rule.name, a, 1), input_for(rule.name, b, 101), input_for(rule.name, c, 201)});
    }
  }
}

TEST(OpsGradcheck, Matmul) {
  const auto f = [](Inputs x) { return matmul(x[0], x[1]); };
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{{{2, 3}, {3, 4}},
                                                                 {{1, 3}, {3, 1}},
                                                                 {{3}, {3, 2}},
                                                                 {{2, 3}, {3}},
                                                                 {{3}, {3}},
                                                                 {{0, 3}, {3, 2}},
                                                                 {{2, 0}, {0, 2}},
                                                                 {{4, 2, 3}, {3, 2}},
                                                                 {{4, 2, 3}, {4, 3, 2}},
                                                                 {{2, 1, 2, 3}, {3, 3, 2}},
                                                                 {{3}, {2, 3, 2}},
                                                                 {{2, 2, 3}, {3}},
                                                                 {{1}, {1}}}) {
    expect_gradients("matmul", f, {gap_parameter(a, -2, 2, 1), gap_parameter(b, -2, 2, 2)});
  }
  const Variable a = gap_parameter({3, 2}, -2, 2, 3), b = gap_parameter({4, 6}, -2, 2, 4);
  expect_gradients("matmul",
                   [](Inputs x) {
                     return matmul(transpose(x[0]), slice(transpose(x[1]), 0, {0, 6, 2}));
                   },
                   {a, b});
  expect_gradients("matmul", f, {a, Variable(slice(b, 0, {0, 2}).value())});
  expect_gradients("matmul", [](Inputs x) { return matmul(x[0], transpose(x[0])); }, {a});
}

TEST(OpsGradcheck, FusedSteps) {
  const auto layer = [](Inputs v) { return square(linear(v[0], v[1], v[2])); };
  const Variable w = gap_parameter({2, 3}, -2, 2, 2), b = gap_parameter({2}, -2, 2, 3);
  for (std::int64_t rows : {4, 1, 0}) {
    expect_gradients("linear", layer, {gap_parameter({rows, 3}, -2, 2, 1), w, b});
  }
  expect_gradients("linear", layer, {Variable(gap_parameter({4, 3}, -2, 2, 1).value()), w, b});
  expect_gradients("linear", [](Inputs v) { return linear(transpose(v[0]), v[1], v[2]); },
                   {gap_parameter({3, 4}, -2, 2, 1), w, b});
  for (const Shape& shape : {Shape{2, 3}, Shape{1}, Shape{}}) {
    const Variable x = gap_parameter(shape, -2, 2, 1), y = gap_parameter(shape, -2, 2, 2);
    const auto loss = [](Inputs v) { return square(mean_squared_error(v[0], v[1], 0.5)); };
    expect_gradients("mean_squared_error", loss, {x, y});
    expect_gradients("mean_squared_error", loss, {x, Variable(y.value())});
    expect_gradients("mean_squared_error", loss, {Variable(x.value()), y});
  }
}

TEST(OpsGradcheck, SumAndMean) {
  const Variable x = gap_parameter({2, 1, 3}, -2, 2, 1);
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}, Axes{-1}, Axes{0, 2}, Axes{0, 1, 2}}) {
    for (bool keepdim : {false, true}) {
      // Squared, so that the second gradient is not zero.
      expect_gradients("sum", [&](Inputs v) { return square(sum(v[0], axes, keepdim)); }, {x});
      expect_gradients("mean", [&](Inputs v) { return square(mean(v[0], axes, keepdim)); }, {x});
    }
  }
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}}) {
    const Variable y = gap_parameter(shape, -2, 2, 2);
    expect_gradients("sum", [](Inputs v) { return sum(square(v[0])); }, {y});
    if (numel(shape) > 0) {
      expect_gradients("mean", [](Inputs v) { return mean(square(v[0])); }, {y});
    }
  }
  const Variable none = gap_parameter({0, 3}, -2, 2, 2);
  expect_gradients("mean", [](Inputs v) { return mean(v[0], 1); }, {none});
  expect_gradients("sum", [](Inputs v) { return sum(v[0], 1); }, {none});
}

TEST(OpsGradcheck, MaxAndMin) {
  const Variable x = gap_parameter({3, 4}, -2, 2, 1);
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{-1}, Axes{0, 1}}) {
    for (bool keepdim : {false, true}) {
      expect_gradients("max", [&](Inputs v) { return square(max(v[0], axes, keepdim)); }, {x});
      expect_gradients("min", [&](Inputs v) { return square(min(v[0], axes, keepdim)); }, {x});
    }
  }
  expect_gradients("max", [](Inputs v) { return max(transpose(v[0]), 0); }, {x});
  for (const Shape& shape : {Shape{}, Shape{1, 1}}) {
    expect_gradients("max", [](Inputs v) { return max(v[0]); }, {gap_parameter(shape, 1, 2, 3)});
    expect_gradients("min", [](Inputs v) { return min(v[0]); }, {gap_parameter(shape, 1, 2, 3)});
  }
  expect_gradients("max", [](Inputs v) { return max(v[0], 1); }, {gap_parameter({0, 2}, 1, 2, 3)});
}

TEST(OpsGradcheck, OpsThatMoveElements) {
  const Variable x = gap_parameter({3, 4}, -2, 2, 1), row = gap_parameter({1, 4}, -2, 2, 2);
  expect_gradients("reshape", [](Inputs v) { return square(reshape(v[0], {2, -1})); }, {x});
  expect_gradients("reshape", [](Inputs v) { return square(reshape(transpose(v[0]), {12})); }, {x});
  expect_gradients("reshape",
                   [](Inputs v) {
                     return exp(reshape(v[0], {1, 1}));
                   },
                   {gap_parameter({}, -1, 1, 3)});
  expect_gradients("transpose", [](Inputs v) { return square(transpose(v[0])); }, {x});
  expect_gradients("transpose", [](Inputs v) { return square(transpose(v[0], 0, 2)); },
                   {gap_parameter({2, 1, 3}, -2, 2, 4)});
  expect_gradients("expand", [](Inputs v) { return square(expand(v[0], {2, 3, 4})); }, {row});
  expect_gradients("expand",
                   [](Inputs v) {
                     return square(expand(v[0], {2, 0}));
                   },
                   {gap_parameter({2, 1}, -2, 2, 4)});
  expect_gradients("sum_to", [](Inputs v) { return square(sum_to(v[0], {3, 1})); }, {x});
  expect_gradients("sum_to", [](Inputs v) { return square(sum_to(v[0], {})); }, {x});
}

TEST(OpsGradcheck, SlicesAndRows) {
  const Variable x = gap_parameter({4, 5}, -2, 2, 1);
  for (const Slice& range : {Slice{}, Slice{1, 3}, Slice{0, 5, 2}, Slice{-2}, Slice{3, 1}}) {
    for (int axis : {0, -1}) {
      expect_gradients("slice", [&](Inputs v) { return square(slice(v[0], axis, range)); }, {x});
    }
  }
  expect_gradients("put_slice",
                   [](Inputs v) {
                     return square(put_slice(v[0], {4, 9}, 1, {0, 9, 2}));
                   },
                   {x});
  expect_gradients("slice",
                   [](Inputs v) {
                     return exp(slice(transpose(v[0]), 0, {1, 5, 3}));
                   },
                   {x});
  const Tensor index = tensor({2, 0, 2, -1}, kInt64);
  expect_gradients("index_select", [&](Inputs v) { return square(index_select(v[0], 0, index)); },
                   {x});
  expect_gradients("index_select",
                   [&](Inputs v) { return square(index_select(transpose(v[0]), -1, index)); }, {x});
  expect_gradients("index_add",
                   [&](Inputs v) { return square(index_add(v[0], 0, index, v[1], 1.5)); },
                   {x, gap_parameter({4, 5}, -1, 1, 2)});
  expect_gradients("index_select",
                   [](Inputs v) { return index_select(v[0], 0, zeros({0}, kInt64)); }, {x});
}

TEST(OpsGradcheck, Where) {
  const Tensor cond = tensor({{1, 0, 1}, {0, 0, 1}}, kBool);
  const auto f = [&](Inputs v) { return square(where(cond, v[0], v[1])); };
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{
           {{2, 3}, {2, 3}}, {{3}, {2, 1}}, {{}, {2, 3}}, {{1}, {}}, {{4, 1, 1}, {3}}}) {
    expect_gradients("where", f, {gap_parameter(a, -2, 2, 1), gap_parameter(b, -2, 2, 2)});
  }
  expect_gradients("where", [&](Inputs v) { return where(cond, v[0] * v[0], 3); },
                   {gap_parameter({2, 3}, -2, 2, 1)});
}

TEST(OpsGradcheck, CastRoundsTheGradientAsTheValue) {
  expect_gradients("cast", [](Inputs v) { return square(cast(cast(v[0], kFloat64), kFloat64)); },
                   {gap_parameter({2, 2}, -2, 2, 1)});
  Variable x = parameter(tensor({1, 2}));
  const Variable y = sum(square(cast(x, kFloat64)));
  EXPECT_EQ(y.dtype(), kFloat64);
  y.backward();
  EXPECT_EQ(x.grad().dtype(), kFloat32);
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{2, 4}));
}

}  // namespace
}  // namespace gradus::testing
