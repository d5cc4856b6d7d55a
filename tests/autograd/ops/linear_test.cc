// Affine maps: central differences of first and second order, and errors.
#include "autograd/ops/linear.h"

#include <gtest/gtest.h>

#include "autograd/ops/sum_to.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(Linear, GradientsAreThoseOfDifferences) {
  for (const Shape& shape : {Shape{3, 2}, Shape{2}, Shape{2, 3, 2}, Shape{2, 1, 2, 2}, Shape{0, 2},
                             Shape{2, 0, 2}, Shape{3, 0}, Shape{1, 1}}) {
    const std::int64_t in = shape.at(-1);
    for (const std::int64_t out : {0, 1, 3}) {
      const Variable x = gap_parameter(shape, -2, 2, 1), w = gap_parameter({out, in}, -2, 2, 2),
                     b = gap_parameter({out}, -2, 2, 3);
      expect_gradients("linear", [](Inputs v) { return square(linear(v[0], v[1], v[2])); },
                       {x, w, b});
      expect_gradients("linear", [](Inputs v) { return square(linear(v[0], v[1])); }, {x, w});
      expect_gradients("linear", [](Inputs v) { return square(linear(v[0], v[1], v[2])); },
                       {x, w, Variable(b.value())});
    }
  }
}

TEST(Linear, TakesViews) {
  const Shape wide{2, 3, 2};
  expect_gradients(
      "linear", [&](Inputs v) { return square(linear(expand(v[0], wide), transpose(v[1]), v[2])); },
      {gap_parameter({3, 2}, -2, 2, 1), gap_parameter({2, 4}, -2, 2, 2),
       gap_parameter({4}, -2, 2, 3)});
  expect_gradients("linear", [](Inputs v) { return square(linear(transpose(v[0], 0, 2), v[1])); },
                   {gap_parameter({2, 3, 2}, -2, 2, 1), gap_parameter({2, 2}, -2, 2, 2)});
}

TEST(Linear, OfABatchHasTheBitsOfItsRows) {
  const Tensor x = gap_parameter({2, 3, 4}, -2, 2, 1).value(),
               w = gap_parameter({5, 4}, -2, 2, 2).value(),
               b = gap_parameter({5}, -2, 2, 3).value();
  const Tensor y = linear(x, w, b).value();
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) {
      expect_same_bits(y.select(0, i).select(0, j),
                       linear(x.select(0, i).select(0, j), w, b).value());
    }
  }
}

TEST(Linear, ErrorsNameTheShapes) {
  expect_throws_text<ShapeError>(
      [] {
        linear(zeros({2, 3}), zeros({5, 4}), zeros({5}));
      },
      "[linear] x is [2, 3], w is [5, 4] and b is [5]; expected x [..., in], w [out, in], b [out]");
  expect_throws_text<ShapeError>(
      [] {
        linear(zeros({2, 3}), zeros({5, 3}), zeros({3}));
      },
      "[linear] x is [2, 3], w is [5, 3] and b is [3]; expected x [..., in], w [out, in], b [out]");
  expect_throws_text<ShapeError>(
      [] {
        linear(zeros({}), zeros({5, 3}));
      },
      "[linear] x is [] and w is [5, 3]; expected x [..., in], w [out, in]");
}

}  // namespace
}  // namespace gradus::testing
