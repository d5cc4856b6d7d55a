// Views and what is assembled from parts: central differences of first and second order.
#include <gtest/gtest.h>

#include "autograd/ops/cat.h"
#include "autograd/ops/clone.h"
#include "autograd/ops/diagonal.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/repeat.h"
#include "autograd/ops/roll.h"
#include "autograd/ops/select.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/split.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "autograd/ops/tril.h"
#include "autograd/ops/unfold.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using Unary = std::function<Variable(const Variable&)>;

// Squared, so that the second gradient is not zero; plain, non-contiguous, backwards.
void check(const std::string& op, const Unary& f, const Shape& shape) {
  const auto squared = [&](Inputs v) { return square(f(v[0])); };
  Variable x = gap_parameter(shape, -2, 2, 1);
  expect_gradients(op, squared, {x});
  if (shape.rank() == 0) return;
  expect_gradients(op, [&](Inputs v) { return square(f(flip(v[0]))); }, {x});
  if (shape.rank() < 2) return;
  Shape swapped = shape;
  std::swap(swapped[0], swapped[shape.rank() - 1]);
  expect_gradients(op, [&](Inputs v) { return square(f(transpose(v[0], 0, -1))); },
                   {gap_parameter(swapped, -2, 2, 2)});
}

TEST(ViewGradients, Axes) {
  check("permute", [](const Variable& x) { return permute(x, {2, 0, -2}); }, {2, 3, 4});
  check("permute", [](const Variable& x) { return permute(x, {}); }, {});
  check("permute", [](const Variable& x) { return permute(x, {1, 0}); }, {0, 3});
  check("permute", [](const Variable& x) { return moveaxis(x, 0, -1); }, {2, 3, 4});
  check("permute", [](const Variable& x) { return moveaxis(x, {0, 1}, {2, 0}); }, {2, 3, 1});
  check("flip", [](const Variable& x) { return flip(x); }, {2, 3});
  check("flip", [](const Variable& x) { return flip(x, -1); }, {2, 3});
  check("flip", [](const Variable& x) { return flip(x); }, {});
  check("reshape", [](const Variable& x) { return flatten(x, 1); }, {2, 3, 2});
  check("reshape", [](const Variable& x) { return flatten(x); }, {});
  check("reshape", [](const Variable& x) { return squeeze(x); }, {1, 3, 1});
  check("reshape", [](const Variable& x) { return squeeze(x, 0); }, {1, 3, 1});
  check("reshape", [](const Variable& x) { return unsqueeze(x, -1); }, {3});
  check("reshape", [](const Variable& x) { return unsqueeze(x, 0); }, {0});
}

TEST(ViewGradients, Parts) {
  for (const std::int64_t i : {0, 2, -1}) {
    check("select", [i](const Variable& x) { return select(x, 0, i); }, {3, 2});
    check("select", [i](const Variable& x) { return select(x, -1, i); }, {2, 3});
  }
  check("slice", [](const Variable& x) { return narrow(x, 1, 1, 2); }, {2, 4});
  check("slice", [](const Variable& x) { return narrow(x, -1, -3, 0); }, {2, 4});
  // Each part with a factor of its own.
  const auto weighted = [](const std::vector<Variable>& parts) {
    Variable y = 0.0;
    double factor = 1;
    for (const Variable& part : parts) y = y + sum(square(part)) * (factor *= -1.5);
    return y;
  };
  check("slice", [&](const Variable& x) { return weighted(split(x, {1, 0, 3}, 1)); }, {2, 4});
  check("slice", [&](const Variable& x) { return weighted(split_every(x, 2)); }, {5});
  check("slice", [&](const Variable& x) { return weighted(chunk(x, 3, -1)); }, {2, 5});
  check("diagonal", [](const Variable& x) { return diagonal(x); }, {3, 4});
  check("diagonal", [](const Variable& x) { return diagonal(x, -1, -1, 0); }, {3, 2, 4});
  check("diagonal", [](const Variable& x) { return diagonal(x, 7); }, {3, 4});
  check("put_diagonal", [](const Variable& x) { return put_diagonal(x, {4, 3}, -1); }, {3});
  check("unfold", [](const Variable& x) { return unfold(x, 0, 3, 1); }, {5, 2});
  check("unfold", [](const Variable& x) { return unfold(x, -1, 2, 3); }, {2, 6});
  check("unfold", [](const Variable& x) { return unfold(x, 0, 0, 2); }, {4});
  check("add_windows", [](const Variable& x) { return add_windows(x, {5}, 0, 3, 1); }, {3, 3});
}

TEST(ViewGradients, Joins) {
  const auto joined = [](Inputs v) { return square(cat(v, 1)); };
  const Variable a = gap_parameter({2, 3}, -2, 2, 1), b = gap_parameter({2, 1}, -2, 2, 2);
  const Variable none = gap_parameter({2, 0}, -2, 2, 3);
  expect_gradients("cat", joined, {a, b, none});
  expect_gradients("cat", joined, {a, Variable(b.value()), a});
  expect_gradients("cat",
                   [](Inputs v) {
                     return square(cat({transpose(v[0]), flip(v[0], 1)}, 0));
                   },
                   {gap_parameter({3, 3}, -2, 2, 4)});
  for (const int axis : {0, 1, -1}) {
    expect_gradients("stack", [=](Inputs v) { return square(stack(v, axis)); },
                     {a, gap_parameter({2, 3}, -2, 2, 5), a});
  }
  expect_gradients("stack",
                   [](Inputs v) {
                     return square(stack({v[0], v[1], v[0]}));
                   },
                   {gap_parameter({}, -2, 2, 6), gap_parameter({}, -2, 2, 7)});
}

TEST(ViewGradients, OfJoinedTypesArriveInTheirOwn) {
  const Variable a = parameter(tensor({1, 2})), b = parameter(tensor({3}, kFloat64));
  sum(square(cat({a, b}))).backward();
  EXPECT_EQ(a.grad().dtype(), kFloat32);
  EXPECT_EQ(a.grad().value().to_vector(), (std::vector<double>{2, 4}));
  EXPECT_EQ(b.grad().value().to_vector(), (std::vector<double>{6}));
}

TEST(ViewGradients, ListsOfTensorsStayTensors) {
  const Tensor x = tensor({1, 2});
  const Tensor joined = cat({x, x}), piled = stack({x, x});
  EXPECT_EQ(joined.shape(), Shape({4}));
  EXPECT_EQ(piled.shape(), Shape({2, 2}));
}

TEST(ViewGradients, Copies) {
  check("repeat", [](const Variable& x) { return repeat(x, {2, 1, 3}); }, {2, 2});
  check("repeat", [](const Variable& x) { return repeat(x, {2, 0}); }, {2, 2});
  check("repeat", [](const Variable& x) { return repeat(x, {3}); }, {});
  check("repeat",
        [](const Variable& x) {
          return repeat(x, {1, 1, 1, 1, 1, 1, 2, 2});
        },
        {1, 1, 1, 1, 1, 1, 2, 1});
  check("roll", [](const Variable& x) { return roll(x, {1}); }, {2, 3});
  check("roll", [](const Variable& x) { return roll(x, {-1, 4}, {0, 1}); }, {2, 3});
  check("roll", [](const Variable& x) { return roll(x, {1}, 0); }, {0, 3});
  check("tril", [](const Variable& x) { return tril(x); }, {2, 3, 3});
  check("tril", [](const Variable& x) { return tril(x, -1); }, {3, 2});
  check("triu", [](const Variable& x) { return triu(x); }, {3, 3});
  check("triu", [](const Variable& x) { return triu(x, 1); }, {2, 3});
  check("pad", [](const Variable& x) { return pad(x, {1, 2}, 3); }, {2, 3});
  check("pad", [](const Variable& x) { return pad(x, {-1, 2, 1, -1}); }, {3, 3});
  check("pad", [](const Variable& x) { return pad(x, {1, 0}); }, {0});
  check("pad", [](const Variable& x) { return shift(x, 0, -1, 5); }, {3, 2});
  const Tensor mask = tensor({1, 0, 1}, kBool);
  check("masked_fill", [&](const Variable& x) { return masked_fill(x, mask, 4); }, {2, 3});
  check("masked_fill", [](const Variable& x) { return masked_fill(x, Tensor(true), 4) + x; }, {});
  check("clone", [](const Variable& x) { return clone(x); }, {2, 3});
  check("clone", [](const Variable& x) { return clone(x); }, {});
}

TEST(ViewGradients, ViewsShareTheElements) {
  const Variable x = parameter(arange(6).to(kFloat32).reshape({2, 3}));
  for (const Variable& y : {permute(x, {1, 0}), moveaxis(x, 0, 1), flip(x), flatten(x),
                            unsqueeze(x, 0), select(x, 0, 1), narrow(x, 1, 0, 2), diagonal(x),
                            unfold(x, 1, 2, 1), split(x, {1, 1})[1]}) {
    EXPECT_TRUE(y.value().shares_storage_with(x.value()));
  }
}

}  // namespace
}  // namespace gradus::testing
