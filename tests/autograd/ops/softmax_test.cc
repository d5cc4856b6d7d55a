// Softmax: central differences of first and second order.
#include "autograd/ops/softmax.h"

#include <gtest/gtest.h>

#include "autograd/ops/flip.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/sum_to.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

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

// One pass over the lines, and the steps recorded for higher derivatives.
TEST(Softmax, HasTheSameGradientWithAndWithoutAGraph) {
  Generator generator(3);
  for (const Shape& shape : {Shape{50, 300}, Shape{300, 5}, Shape{2, 20000}, Shape{3, 40, 5}}) {
    for (const int axis : {0, 1}) {
      const Variable x = parameter(normal(shape, 0, 2, generator, kFloat64));
      const Variable seed(normal(shape, 0, 1, generator, kFloat64)), y = softmax(x, axis);
      const Variable loss = sum(y * seed);
      const Variable fused = grad(loss, x, {.retain_graph = true});
      // Sums of up to 20000 numbers in different orders.
      expect_close(fused.value(), grad(loss, x, {.create_graph = true}).value(), 1e-12, 1e-15);
      const auto once = [&] { return softmax_backward(y.value(), seed.value(), axis); };
      expect_same_bits(same_on_all_threads(once), fused.value());
    }
  }
}

TEST(Softmax, GradientOfHalfTypesIsRoundedOnce) {
  Generator generator(4);
  for (const DType half : {kFloat16, kBFloat16}) {
    const Tensor y = softmax(normal({3, 20}, 0, 1, generator).to(half), 1);
    const Tensor dy = normal({3, 20}, 0, 1, generator).to(half);
    expect_same_bits(softmax_backward(y, dy, 1),
                     softmax_backward(y.to(kFloat32), dy.to(kFloat32), 1).to(half));
  }
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
