// Softmax: central differences of first and second order.
#include "autograd/ops/softmax.h"

#include <gtest/gtest.h>

#include "autograd/ops/flip.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(Softmax, GradientsAreThoseOfDifferences) {
  for (const Shape& shape :
       {Shape{4}, Shape{2, 3}, Shape{2, 2, 2}, Shape{1}, Shape{}, Shape{0, 2}, Shape{2, 0}}) {
    const Variable x = gap_parameter(shape, -2, 2, 1);
    for (int axis = 0; axis < std::max(1, shape.rank()); ++axis) {
      expect_gradients("softmax", [&](Inputs v) { return square(softmax(v[0], axis)); }, {x});
      expect_gradients("log_softmax", [&](Inputs v) { return square(log_softmax(v[0], axis)); },
                       {x});
    }
  }
}

TEST(Softmax, GradientsOfViewsAreThoseOfDifferences) {
  const Variable x = gap_parameter({2, 3}, -2, 2, 2), column = gap_parameter({3, 1}, -2, 2, 3);
  expect_gradients("softmax", [](Inputs v) { return square(softmax(transpose(v[0]), -1)); }, {x});
  expect_gradients("log_softmax", [](Inputs v) { return square(log_softmax(flip(v[0]), 0)); }, {x});
  const Shape wide{3, 2};
  expect_gradients("softmax", [&](Inputs v) { return square(softmax(expand(v[0], wide), 0)); },
                   {column});
  expect_gradients("log_softmax",
                   [&](Inputs v) { return square(log_softmax(expand(v[0], wide), 0)); }, {column});
}

TEST(Softmax, ErrorsNameTheAxis) {
  const Variable x(zeros({2, 3}));
  expect_throws_text<IndexError>([&] { softmax(x, 2); },
                                 "[softmax] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<IndexError>(
      [&] { log_softmax(x, -3); },
      "[log_softmax] axis: -3; expected -2..1 for a tensor of shape [2, 3]");
}

}  // namespace
}  // namespace gradus::testing
