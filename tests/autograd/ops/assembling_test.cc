// Padding by modes, repetition, grids and diagonals: central differences of first and second order.
#include <gtest/gtest.h>

#include "autograd/ops/broadcast.h"
#include "autograd/ops/cat.h"
#include "autograd/ops/diag.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/pad_mode.h"
#include "autograd/ops/repeat_interleave.h"
#include "autograd/ops/shapes.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using Unary = std::function<Variable(const Variable&)>;
using Pads = std::vector<std::int64_t>;

// Squared, so that the second gradient is not zero; plain, backwards, non-contiguous.
void check(const std::string& op, const Unary& f, const Shape& shape) {
  const Variable x = gap_parameter(shape, -2, 2, 1);
  expect_gradients(op, [&](Inputs v) { return square(f(v[0])); }, {x});
  if (shape.rank() == 0) return;
  expect_gradients(op, [&](Inputs v) { return square(f(flip(v[0]))); }, {x});
  if (shape.rank() < 2) return;
  Shape swapped = shape;
  std::swap(swapped[0], swapped[shape.rank() - 1]);
  expect_gradients(op, [&](Inputs v) { return square(f(transpose(v[0], 0, -1))); },
                   {gap_parameter(swapped, -2, 2, 2)});
}

TEST(AssemblingGradients, OfPaddingByModes) {
  const auto check_pad = [](const Pads& pads, PadMode mode, const Shape& shape) {
    check(
        "pad_by_mode", [&](const Variable& x) { return pad(x, pads, mode); }, shape);
  };
  for (const PadMode mode : {PadMode::kReflect, PadMode::kReplicate, PadMode::kCircular}) {
    check_pad({1, 2}, mode, {3});
    check_pad({2, 1, 0, 1}, mode, {2, 3});
    check_pad({1, 0, 1, 0}, mode, {2, 3});
    check_pad({1, 0, 0, 1}, mode, {2, 3});
    check_pad({0, 1, 1, 0}, mode, {2, 3});
    check_pad({0, 0, 2, 2, 1, 1}, mode, {2, 3, 2});
    check_pad({-1, 2}, mode, {2, 4});
    check_pad({-1, -1, 1, -1}, mode, {3, 4});
    check_pad({1, 1}, mode, {0, 3});
    check_pad({}, mode, {2});
    check_pad({}, mode, {});
  }
  check_pad({3, 5}, PadMode::kReplicate, {1});
  check_pad({3, 3, 2, 2}, PadMode::kCircular, {2, 3});
}

TEST(AssemblingGradients, OfRepeatedElements) {
  for (const std::int64_t repeats : {0, 1, 3}) {
    check("repeat_interleave", [=](const Variable& x) { return repeat_interleave(x, repeats, 1); },
          {2, 3});
    check("repeat_interleave", [=](const Variable& x) { return repeat_interleave(x, repeats, -2); },
          {1, 2, 2});
  }
  const Tensor each = tensor({2, 0, 3}, kInt64);
  check("repeat_interleave", [&](const Variable& x) { return repeat_interleave(x, each, 0); },
        {3, 2});
  check("repeat_interleave",
        [&](const Variable& x) { return repeat_interleave(x, each.to(kUInt8), -1); }, {2, 3});
  check("repeat_interleave", [](const Variable& x) { return repeat_interleave(x, 2, 0); }, {0, 2});
}

// Each with a factor of its own.
Variable joined(const std::vector<Variable>& parts) {
  std::vector<Variable> lines;
  double factor = 1;
  for (const Variable& part : parts) lines.push_back(square(flatten(part)) * (factor *= -1.5));
  return cat(lines);
}

TEST(AssemblingGradients, OfGrids) {
  const Variable a = gap_parameter({3}, -2, 2, 1), b = gap_parameter({2}, -2, 2, 2);
  const Variable none = gap_parameter({0}, -2, 2, 3), number = gap_parameter({}, -2, 2, 4);
  for (const MeshOrder order : {MeshOrder::kIJ, MeshOrder::kXY}) {
    const auto grids = [=](Inputs v) { return joined(meshgrid(v, order)); };
    expect_gradients("expand", grids, {a, b});
    expect_gradients("expand", grids, {a, Variable(b.value()), a});
    expect_gradients("expand", grids, {number, a});
    expect_gradients("expand", grids, {a});
    expect_gradients("expand", grids, {number});
    expect_gradients("expand", grids, {a, none});
    expect_gradients("expand",
                     [=](Inputs v) {
                       return joined(meshgrid({flip(v[0]), v[1]}, order));
                     },
                     {a, b});
  }
}

TEST(AssemblingGradients, OfBroadcastTensors) {
  const auto views = [](Inputs v) { return joined(broadcast_tensors(v)); };
  const Variable a = gap_parameter({2, 1}, -2, 2, 1), b = gap_parameter({3}, -2, 2, 2);
  expect_gradients("expand", views, {a, b, gap_parameter({}, -2, 2, 3)});
  expect_gradients("expand", views, {a, Variable(b.value())});
  expect_gradients("expand", views, {gap_parameter({0, 1}, -2, 2, 3), b});
  expect_gradients("expand",
                   [](Inputs v) {
                     return joined(broadcast_tensors({transpose(v[0]), flip(v[0])}));
                   },
                   {a});
}

TEST(AssemblingGradients, OfDiagonals) {
  for (const std::int64_t k : {0, 1, -2, 5}) {
    check("diag", [=](const Variable& x) { return diag(x, k); }, {3});
    check("diag", [=](const Variable& x) { return diag(x, k); }, {0});
    check("diag", [=](const Variable& x) { return diag(x, k); }, {3, 4});
    check("diag", [=](const Variable& x) { return diag(x, k); }, {1, 1});
    check("diag", [=](const Variable& x) { return diag(x, k); }, {0, 2});
  }
}

TEST(AssemblingGradients, GridsAndBroadcastVariablesAreViewsOfTheirOwnShapes) {
  const Variable a = parameter(tensor({1, 2, 3})), b = parameter(tensor({4, 5}));
  const auto ij = meshgrid({a, b}), xy = meshgrid({a, b}, MeshOrder::kXY);
  for (const Variable& grid : {ij[0], xy[0], broadcast_tensors({a, parameter(zeros({2, 1}))})[0]}) {
    EXPECT_TRUE(grid.value().shares_storage_with(a.value()));
  }
  EXPECT_EQ(ij[1].shape(), Shape({3, 2}));
  EXPECT_EQ(xy[1].shape(), Shape({2, 3}));
}

}  // namespace
}  // namespace gradus::testing
