// Rows of a table: central differences of first and second order, bits and errors.
#include "autograd/ops/embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/square.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(Embedding, GradientsAreThoseOfDifferences) {
  for (const Shape& shape : {Shape{4, 2}, Shape{4}, Shape{4, 2, 3}, Shape{4, 0}, Shape{4, 1}}) {
    for (const Tensor& rows : {tensor({{1, 3, 1}, {0, 1, 3}}, kInt64), tensor({2, 2}, kInt32),
                               tensor(3, kInt64), zeros({0}, kInt64), zeros({2, 0}, kInt64),
                               tensor({0, 9, 3, 9}, kInt64).slice(0, {None, None, 2})}) {
      const Variable w = gap_parameter(shape, -2, 2, 1);
      expect_gradients("embedding", [&](Inputs v) { return square(embedding(v[0], rows)); }, {w});
    }
  }
  expect_gradients("embedding",
                   [](Inputs v) {
                     return square(embedding(transpose(v[0]), tensor({1, 1, 2}, kInt64)));
                   },
                   {gap_parameter({2, 3}, -2, 2, 1)});
}

TEST(Embedding, HasTheShapeOfTheIndicesAndOfARow) {
  const Variable w(arange(12).reshape({4, 3}));
  expect_same_bits(embedding(w, tensor({{3}, {0}}, kInt64)).value(),
                   tensor({{{9, 10, 11}}, {{0, 1, 2}}}, kInt64));
  expect_same_bits(embedding(w, tensor(1, kInt64)).value(), tensor({3, 4, 5}, kInt64));
  EXPECT_EQ(embedding(w, zeros({2, 0}, kInt64)).shape(), Shape({2, 0, 3}));
}

TEST(Embedding, NoGradientFlowsToThePaddingNotEvenNan) {
  for (const std::int64_t padding : {1, -3}) {
    const Variable w = parameter(ones({4, 2}));
    const Variable y = embedding(w, tensor({1, 2, 2, 1}, kInt64), padding);
    expect_same_bits(y.value(), ones({4, 2}));
    y.backward(tensor({{NAN, 1}, {2, 3}, {4, 5}, {6, 7}}));
    expect_same_bits(w.grad().value(), tensor({{0, 0}, {0, 0}, {6, 8}, {0, 0}}));
  }
}

TEST(Embedding, GradientHasTheSameBitsOnAllThreads) {
  Generator generator(1);
  for (const std::int64_t width : {1, 3, 64}) {
    const Tensor rows = randint(0, 50, {40000}, generator);
    const Tensor dy = normal({40000, width}, 0, 1, generator);
    same_on_all_threads([&] {
      const Variable w = parameter(zeros({50, width}));
      embedding(w, rows).backward(dy);
      return w.grad().value();
    });
  }
}

TEST(Embedding, GradientOfHalfTypesIsRoundedOnce) {
  const Variable w = parameter(ones({2, 1}, kFloat16));
  // In float16 2048 + 1 is 2048 again.
  embedding(w, zeros({4}, kInt64)).backward(tensor({{2048}, {1}, {1}, {1}}, kFloat16));
  expect_same_bits(w.grad().value(), tensor({{2051}, {0}}).to(kFloat16));
}

TEST(Embedding, NoticesIndicesThatChangedBeforeBackward) {
  const Tensor rows = zeros({2}, kInt64);
  const Variable y = sum(embedding(parameter(ones({3, 2})), rows));
  rows.fill(1);
  EXPECT_THROW(y.backward(), AutogradError);
}

TEST(Embedding, ErrorsNameTheIndex) {
  const Tensor w = zeros({10, 4});
  expect_throws_text<IndexError>(
      [&] {
        embedding(w, tensor({{0, 10}}, kInt64));
      },
      "[embedding] indices: 10 at [0, 1]; expected 0..9, the rows of weight [10, 4]");
  expect_throws_text<IndexError>(
      [&] { embedding(w, tensor(-1, kInt64)); },
      "[embedding] indices: -1 at []; expected 0..9, the rows of weight [10, 4]");
  expect_throws_text<IndexError>(
      [&] {
        embedding(zeros({0, 4}), tensor({0}, kInt64));
      },
      "[embedding] indices: 0 at [0]; expected none, the rows of weight [0, 4]");
  expect_throws_text<IndexError>(
      [&] { embedding(w, zeros({2}, kInt64), 10); },
      "[embedding] padding_idx: 10; expected -10..9, a row of weight [10, 4]");
  expect_throws_text<DTypeError>([&] { embedding(w, zeros({2})); },
                                 "[embedding] indices: float32; expected int64 or int32");
  expect_throws_text<ShapeError>(
      [&] { embedding(zeros({}), zeros({2}, kInt64)); },
      "[embedding] weight: shape []; expected [V, D...], a table of rows");
}

}  // namespace
}  // namespace gradus::testing
