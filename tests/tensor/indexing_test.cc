#include "tensor/indexing.h"

#include <gtest/gtest.h>

#include "tensor/elementwise/greater.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Values = std::vector<double>;

TEST(Index, WithoutTensorsIsAView) {
  const Tensor x = arange(12).reshape({3, 4});
  const Tensor view = x.index({Slice{None, None, -1}, None, 1});
  EXPECT_TRUE(view.shares_storage_with(x));
  EXPECT_EQ(view.shape(), (Shape{3, 1}));
  EXPECT_EQ(view.to_vector(), (Values{9, 5, 1}));
  EXPECT_EQ(x.index({}).shape(), x.shape());
  EXPECT_EQ(x.index({Ellipsis, -1}).to_vector(), (Values{3, 7, 11}));
}

TEST(Index, PutsTheAxesOfIndicesWhereTheyStandOrFirst) {
  const Tensor x = zeros({2, 3, 4, 5}), two = tensor({0, 1}, kInt64);
  EXPECT_EQ(x.index({Slice(), two, two}).shape(), (Shape{2, 2, 5}));
  EXPECT_EQ(x.index({two, Slice(), two}).shape(), (Shape{2, 3, 5}));
  EXPECT_EQ(x.index({Slice(), two.unsqueeze(0), Slice(), two.unsqueeze(1)}).shape(),
            (Shape{2, 2, 2, 4}));
  EXPECT_EQ(x.index({0, Slice(), two}).shape(), (Shape{3, 2, 5}));  // as in PyTorch
  EXPECT_EQ(x.index({Ellipsis, zeros({3, 0}, kInt32)}).shape(), (Shape{2, 3, 4, 3, 0}));
}

TEST(Index, TakesMasksOfOneAndSeveralAxes) {
  const Tensor x = arange(6).reshape({2, 3});
  EXPECT_EQ(x.index({x > 2}).to_vector(), (Values{3, 4, 5}));
  EXPECT_EQ(x.index({Slice(), tensor({1, 0, 1}, kBool)}).to_vector(), (Values{0, 2, 3, 5}));
  EXPECT_EQ(x.index({x > 9}).shape(), (Shape{0}));
}

TEST(Index, OfEightAxesTakesNewOnesWhereOthersGo) {
  const Tensor x = arange(4).reshape({1, 2, 1, 1, 1, 1, 1, 2}), one = tensor({1}, kInt64);
  EXPECT_EQ(x.index({None, 0}).shape(), (Shape{1, 2, 1, 1, 1, 1, 1, 2}));
  EXPECT_EQ(x.index({None, 0, 1, None}).to_vector(), (Values{2, 3}));
  EXPECT_EQ(x.index({None, None, x > 1}).to_vector(), (Values{2, 3}));
  EXPECT_EQ(x.index({None, None, x > 1}).shape(), (Shape{1, 1, 2}));
  EXPECT_EQ(x.index({0, None, one, None, 0}).shape(), (Shape{1, 1, 1, 1, 1, 1, 1, 2}));
}

TEST(Index, TakesTensorsWithoutAxesAsTensors) {
  const Tensor x = arange(6).reshape({2, 3}), one = tensor({1}, kInt32).select(0, 0);
  const Tensor row = x.index({one});
  EXPECT_EQ(row.to_vector(), (Values{3, 4, 5}));
  EXPECT_FALSE(row.shares_storage_with(x));
  // As in NumPy: apart from each other, so they go first. (PyTorch takes 0-d ones as numbers.)
  EXPECT_EQ(zeros({2, 3, 4}).index({one, Slice(), zeros({5}, kInt32)}).shape(), (Shape{5, 3}));
}

TEST(IndexPut, WritesThroughViewsAndKeepsTheRest) {
  const Tensor x = zeros({3, 4});
  x.transpose().index_put({Slice{1, 3}, tensor({-1, 0}, kInt64)}, tensor({{1, 2}, {3, 4}}));
  EXPECT_EQ(x.to_vector(), (Values{0, 2, 4, 0, 0, 0, 0, 0, 0, 1, 3, 0}));
  x.index_put({x > 1}, -1);
  EXPECT_EQ(x.to_vector(), (Values{0, -1, -1, 0, 0, 0, 0, 0, 0, 1, -1, 0}));
  x.index_put({1}, x.index({0}));
  EXPECT_EQ(x.select(0, 1).to_vector(), (Values{0, -1, -1, 0}));
}

TEST(IndexPut, OfOneElementTwiceKeepsTheLastOrTheSum) {
  const Tensor index = tensor({1, 1, 0, 1}, kInt64), values = tensor({1, 2, 3, 4});
  Tensor x = zeros({2});
  x.index_put({index}, values);
  EXPECT_EQ(x.to_vector(), (Values{3, 4}));
  x = zeros({2});
  x.index_put({index}, values, true);
  EXPECT_EQ(x.to_vector(), (Values{3, 7}));
  x.index_put({Slice()}, 1, true);
  EXPECT_EQ(x.to_vector(), (Values{4, 8}));
}

TEST(IndexPut, AddsWholeNumbersWithWrappingAndBoolsWithOr) {
  const Tensor x = tensor({INT64_MAX, 0}, kInt64), bytes = tensor({200, 1}, kUInt8);
  const Tensor first = tensor({0, 0}, kInt64);
  x.index_put({first}, 1, true);
  EXPECT_EQ(x.to_vector<std::int64_t>(), (std::vector<std::int64_t>{INT64_MIN + 1, 0}));
  bytes.index_put({first}, 50, true);
  EXPECT_EQ(bytes.to_vector(), (Values{44, 1}));
  const Tensor flags = tensor({0, 1, 0}, kBool);
  flags.index_put({Slice{0, 2}}, tensor({0, 1}, kBool), true);
  EXPECT_EQ(flags.to_vector(), (Values{0, 1, 0}));
  flags.index_put({tensor({2, 2, 1}, kInt64)}, tensor({1, 0, 0}, kBool), true);
  EXPECT_EQ(flags.to_vector(), (Values{0, 1, 1}));
}

TEST(IndexPut, TakesPartsOfItsTargetAsIndexAndAsMask) {
  const Tensor x = tensor({2, 0, 1}, kInt64);
  x.index_put({x}, tensor({5, 6, 7}, kInt64));
  EXPECT_EQ(x.to_vector(), (Values{6, 7, 5}));
  const Tensor mask = tensor({1, 0, 1}, kBool);
  mask.index_put({mask}, false);
  EXPECT_EQ(mask.to_vector(), (Values{0, 0, 0}));
}

TEST(IndexAdd, OfWholeNumbersStaysExact) {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const Tensor source = full({1}, large, kInt64), first = zeros({1}, kInt64);
  EXPECT_EQ(index_add(zeros({1}, kInt64), 0, first, source, 3).item<std::int64_t>(), 3 * large);
  EXPECT_EQ(index_add(zeros({1}, kUInt8), 0, first, full({1}, 200, kUInt8), 2).item(), 144);
  EXPECT_EQ(index_add(zeros({1}, kUInt8), 0, first, full({1}, 200, kUInt8), 0.5).item(), 100);
}

TEST(IndexPut, ReadsAnOverlappingSourceFirst) {
  const Tensor x = arange(5);
  x.index_put({tensor({1, 2, 3, 4}, kInt64)}, x.slice(0, {0, 4}));
  EXPECT_EQ(x.to_vector(), (Values{0, 0, 1, 2, 3}));
}

TEST(IndexPut, WritesNothingWhenItThrows) {
  const Tensor x = tensor({1, 2, 3}, kUInt8);
  EXPECT_THROW(x.index_put({tensor({0, 3}, kInt64)}, 9), IndexError);
  EXPECT_THROW(x.index_put({tensor({0, 1}, kInt64)}, tensor({9, 300})), DTypeError);
  EXPECT_THROW(x.index_put({tensor({0, 1}, kInt64)}, tensor({9, 9, 9})), ShapeError);
  EXPECT_EQ(x.to_vector(), (Values{1, 2, 3}));
}

TEST(Indexing, GivesTheSameBitsForAnyNumberOfThreads) {
  Generator generator(1);
  const Tensor x = normal({300, 257}, 0, 1, generator);
  const Tensor rows = randint(-300, 300, {5000}, generator);
  const Tensor source = normal({5000, 257}, 0, 1, generator);
  const Tensor columns = randint(0, 257, {300, 400}, generator);
  const Tensor wide = normal({300, 400}, 0, 1, generator);
  const auto all = [&] {
    return std::vector<Tensor>{index_select(x, 0, rows),
                               index_add(x, 0, rows, source),
                               gather(x, 1, columns),
                               scatter(x, 1, columns, wide),
                               scatter_add(x, 1, columns, wide),
                               index_add(x.transpose(), 1, rows, source.transpose())};
  };
  std::vector<Tensor> one, three;
  {
    const WithThreads threads(1);
    one = all();
  }
  {
    const WithThreads threads(3);
    three = all();
  }
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(bitwise_equal(one[i], three[i])) << i;
  EXPECT_TRUE(bitwise_equal(one[1], one[5].transpose().contiguous()));
}

TEST(Indexing, OfWholeRowsAndSingleElementsAgrees) {
  const Tensor x = arange(24).reshape({2, 3, 4});
  const Tensor index = tensor({2, 0}, kInt32);
  const Tensor chosen = index_select(x, 1, index);
  for (std::int64_t i = 0; i < 2; ++i) {
    for (std::int64_t j = 0; j < 2; ++j) {
      for (std::int64_t k = 0; k < 4; ++k) {
        EXPECT_EQ(chosen.at({i, j, k}), x.at({i, j == 0 ? 2 : 0, k}));
      }
    }
  }
  EXPECT_EQ(nonzero(tensor(5)).shape(), (Shape{1, 0}));
  EXPECT_EQ(nonzero(x > 21).to_vector(), (Values{1, 2, 2, 1, 2, 3}));
}

TEST(IndexErrors, NameTheItem) {
  const Tensor x = zeros({2, 3}), i = tensor({0, 2}, kInt64);
  expect_throws_text<IndexError>(
      [&] {
        x.index({0, 3});
      },
      "[index] items[1]: 3; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<IndexError>(
      [&] { x.index({i}); },
      "[index] items[0]: 2 at [1]; expected -2..1 for axis 0 of shape [2, 3]");
  expect_throws_text<IndexError>(
      [&] {
        x.index({0, 0, 0});
      },
      "[index] items: 3 axes are indexed; expected at most 2 for shape [2, 3]");
  expect_throws_text<IndexError>(
      [&] {
        x.index({Ellipsis, 0, Ellipsis});
      },
      "[index] items[2]: a second Ellipsis; expected at most one");
  expect_throws_text<DTypeError>(
      [&] {
        x.index({Slice(), zeros({1})});
      },
      "[index] items[1]: float32; expected int64, int32 or bool");
  expect_throws_text<ShapeError>(
      [&] { x.index({zeros({3}, kBool)}); },
      "[index] items[0]: mask of shape [3]; expected the sizes that x of shape [2, 3] has there, "
      "axis by axis");
  expect_throws_text<ShapeError>([&] { x.index({zeros({}, kBool)}); },
                                 "[index] items[0]: mask of shape []; expected at least one axis");
  expect_throws_text<ShapeError>(
      [&] {
        x.index({tensor({0, 1}, kInt64), tensor({0, 1, 2}, kInt64)});
      },
      "[index] the indices before is [2] and one of items is [3]: sizes 2 and 3 of axis -1 differ; "
      "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<IndexError>([&] { zeros({0}).index({0}); },
                                 "[index] items[0]: 0; expected none for axis 0 of shape [0]");
}

TEST(IndexErrors, OfTooManyAxes) {
  const Tensor x = zeros({1, 1, 1, 1, 1, 1, 1, 1});
  expect_throws_text<ShapeError>(
      [&] {
        x.index({zeros({1, 1}, kInt64)});
      },
      "[index] items: the result has more than 8 axes; expected at most 8");
  expect_throws_text<IndexError>(
      [&] { x.index({tensor({INT64_MIN}, kInt64)}); },
      "[index] items[0]: -9223372036854775808 at [0]; expected -1..0 for axis 0 of shape "
      "[1, 1, 1, 1, 1, 1, 1, 1]");
  expect_throws_text<ShapeError>(
      [&] { x.index({None}); },
      "[index] items: the result has more than 8 axes; expected at most 8");
}

TEST(IndexErrors, OfWriting) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ShapeError>(
      [&] { x.index_put({0}, zeros({2})); },
      "[index_put] x at the items is [3] and value is [2]: sizes 3 and 2 of axis -1 differ; "
      "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>([&] { zeros({1}).expand({4}).index_put({Slice()}, 1); },
                                 "[index_put] x: axis 0 of shape [4] repeats one element (expand); "
                                 "expected elements of its own; use clone()");
}

TEST(IndexErrors, OfIndicesAlongAnAxis) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<IndexError>(
      [&] {
        gather(x, 1, tensor({{0, 3}}, kInt64));
      },
      "[gather] index: 3 at [0, 1]; expected -3..2 for axis 1 of shape [2, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        gather(x, 0, zeros({2, 4}, kInt64));
      },
      "[gather] index: shape [2, 4]; expected as many axes as x of shape [2, 3], none but axis 0 "
      "longer than there");
  expect_throws_text<DTypeError>(
      [&] {
        scatter(x, 0, zeros({1, 1}, kInt64), ones({1, 1}, kInt64));
      },
      "[scatter] source: int64; expected float32, the dtype of x");
  expect_throws_text<ShapeError>(
      [&] {
        scatter_add(x, 0, zeros({2, 2}, kInt64), ones({1, 2}));
      },
      "[scatter_add] source: shape [1, 2]; expected a number, or at least [2, 2], the shape of "
      "index");
  expect_throws_text<ShapeError>(
      [&] { take_along_axis(x, zeros({2}, kInt64), 0); },
      "[take_along_axis] index: shape [2]; expected as many axes as x of shape [2, 3]");
  expect_throws_text<DTypeError>(
      [&] { masked_select(x, x); },
      "[masked_select] mask: float32; expected bool, the result of a comparison");
  expect_throws_text<IndexError>([&] { take(x, tensor({6}, kInt64)); },
                                 "[take] index: 6 at [0]; expected -6..5 for axis 0 of shape [6]");
}

}  // namespace
}  // namespace gradus::testing
