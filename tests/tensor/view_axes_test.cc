// Views with other axes, and views of parts. The expected values are NumPy's.
#include <gtest/gtest.h>

#include "tensor/construct.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Values = std::vector<double>;

Tensor count_up(const Shape& shape) { return arange(numel(shape)).reshape(shape); }

void expect_view(const Tensor& view, const Tensor& of, const Shape& shape, const Values& values) {
  EXPECT_TRUE(view.shares_storage_with(of)) << "a copy was made";
  EXPECT_EQ(view.shape(), shape);
  EXPECT_EQ(view.to_vector(), values);
}

TEST(ViewAxes, PermuteReordersAndIsUndoneByItsInverse) {
  const Tensor x = count_up({2, 3, 2});
  expect_view(x.permute({2, 0, 1}), x, {2, 2, 3}, {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
  expect_view(x.permute({-1, 0, 1}).permute({1, 2, 0}), x, {2, 3, 2}, x.to_vector());
  EXPECT_EQ(Tensor(5).permute({}).item(), 5);
  EXPECT_EQ(count_up({1, 2, 1, 3, 1, 1, 1, 2}).permute({7, 6, 5, 4, 3, 2, 1, 0}).shape(),
            (Shape{2, 1, 1, 1, 3, 1, 2, 1}));
}

TEST(ViewAxes, MoveaxisKeepsTheOrderOfTheOthers) {
  const Tensor x = zeros({2, 3, 4, 5});
  EXPECT_EQ(x.moveaxis(0, -1).shape(), (Shape{3, 4, 5, 2}));
  EXPECT_EQ(x.moveaxis(-1, 0).shape(), (Shape{5, 2, 3, 4}));
  EXPECT_EQ(x.moveaxis({0, 1}, {-1, 0}).shape(), (Shape{3, 4, 5, 2}));
  EXPECT_EQ(x.moveaxis({3, 2}, {0, 1}).shape(), (Shape{5, 4, 2, 3}));
}

TEST(ViewAxes, SqueezeDropsOnlyAxesOfSizeOne) {
  const Tensor x = count_up({1, 3, 1, 2});
  EXPECT_EQ(x.squeeze().shape(), (Shape{3, 2}));
  EXPECT_EQ(x.squeeze(0).shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(x.squeeze({0, -2}).shape(), (Shape{3, 2}));
  EXPECT_EQ(x.squeeze(1).shape(), x.shape());
  EXPECT_EQ(zeros({0, 1}).squeeze().shape(), (Shape{0}));
}

TEST(ViewAxes, FlattenMergesNeighbours) {
  const Tensor x = count_up({2, 3, 2});
  expect_view(x.flatten(), x, {12}, x.to_vector());
  expect_view(x.flatten(1), x, {2, 6}, x.to_vector());
  expect_view(x.flatten(0, -2), x, {6, 2}, x.to_vector());
  EXPECT_EQ(Tensor(3).flatten().shape(), (Shape{1}));
  EXPECT_EQ(zeros({0, 3}).flatten().shape(), (Shape{0}));
  EXPECT_FALSE(x.transpose().flatten().shares_storage_with(x));
  EXPECT_EQ(x.select(0, 0).transpose().flatten().to_vector(), (Values{0, 2, 4, 1, 3, 5}));
}

TEST(ViewAxes, FlipReversesWithoutACopy) {
  const Tensor x = count_up({2, 3});
  expect_view(x.flip(), x, {2, 3}, {5, 4, 3, 2, 1, 0});
  expect_view(x.flip(1), x, {2, 3}, {2, 1, 0, 5, 4, 3});
  expect_view(x.flip(-2).flip(0), x, {2, 3}, x.to_vector());
  EXPECT_EQ(zeros({0, 3}).flip().shape(), (Shape{0, 3}));
  x.flip(0).select(0, 0).fill(9);
  EXPECT_EQ(x.to_vector(), (Values{0, 1, 2, 9, 9, 9}));
}

TEST(ViewAxes, DiagonalOfEveryOffset) {
  const Tensor x = count_up({3, 4});
  expect_view(x.diagonal(), x, {3}, {0, 5, 10});
  expect_view(x.diagonal(1), x, {3}, {1, 6, 11});
  expect_view(x.diagonal(3), x, {1}, {3});
  expect_view(x.diagonal(-2), x, {1}, {8});
  EXPECT_EQ(x.diagonal(4).shape(), (Shape{0}));
  EXPECT_EQ(x.diagonal(INT64_MIN).shape(), (Shape{0}));
  const Tensor y = count_up({2, 3, 2});
  expect_view(y.diagonal(0, 0, 2), y, {3, 2}, {0, 7, 2, 9, 4, 11});
}

TEST(ViewParts, NarrowTakesNeighbours) {
  const Tensor x = count_up({3, 2});
  expect_view(x.narrow(0, 1, 2), x, {2, 2}, {2, 3, 4, 5});
  expect_view(x.narrow(1, -1, 1), x, {3, 1}, {1, 3, 5});
  EXPECT_EQ(x.narrow(0, 3, 0).shape(), (Shape{0, 2}));
}

TEST(ViewParts, UnfoldMakesWindows) {
  const Tensor x = count_up({5});
  expect_view(x.unfold(0, 3, 1), x, {3, 3}, {0, 1, 2, 1, 2, 3, 2, 3, 4});
  expect_view(x.unfold(0, 2, 3), x, {2, 2}, {0, 1, 3, 4});
  EXPECT_EQ(x.unfold(0, 0, 1).shape(), (Shape{6, 0}));
  EXPECT_EQ(count_up({4, 3}).unfold(0, 2, 2).shape(), (Shape{2, 3, 2}));
}

TEST(ViewParts, SplitAndChunkCoverTheAxis) {
  const Tensor x = count_up({5, 2});
  const auto parts = x.split({1, 0, 4});
  ASSERT_EQ(parts.size(), 3u);
  expect_view(parts[0], x, {1, 2}, {0, 1});
  EXPECT_EQ(parts[1].shape(), (Shape{0, 2}));
  expect_view(parts[2], x, {4, 2}, {2, 3, 4, 5, 6, 7, 8, 9});
  const auto pairs = x.split_every(2);
  ASSERT_EQ(pairs.size(), 3u);
  expect_view(pairs[2], x, {1, 2}, {8, 9});
  EXPECT_EQ(x.split_every(INT64_MAX).size(), 1u);
  const auto chunks = x.chunk(3);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].shape(), (Shape{2, 2}));
  EXPECT_EQ(chunks[2].shape(), (Shape{1, 2}));
  EXPECT_EQ(x.chunk(4).size(), 3u);  // as in PyTorch: parts of ceil(5 / 4)
  EXPECT_EQ(x.chunk(2, -1)[1].to_vector(), (Values{1, 3, 5, 7, 9}));
}

TEST(ViewErrors, SayWhatWasExpected) {
  const Tensor x = zeros({2, 3});
  expect_throws_text<ConfigError>(
      [&] {
        x.permute({0, 0});
      },
      "[permute] axes: [0, 0]; expected each axis of shape [2, 3] once");
  expect_throws_text<ConfigError>([&] { x.permute({0}); },
                                  "[permute] axes: [0]; expected each axis of shape [2, 3] once");
  expect_throws_text<IndexError>(
      [&] {
        x.permute({0, 2});
      },
      "[permute] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
  expect_throws_text<ConfigError>([&] { x.flatten(1, 0); },
                                  "[flatten] start, end: 1, 0; expected start before end in shape "
                                  "[2, 3]");
  expect_throws_text<ConfigError>([&] { x.diagonal(0, 1, -1); },
                                  "[diagonal] axis0, axis1: 1 and -1 are one axis of shape [2, 3]; "
                                  "expected two");
  expect_throws_text<ConfigError>(
      [&] {
        x.moveaxis({0, 1}, 0);
      },
      "[moveaxis] from, to: [0, 1] and [0]; expected as many axes in both");
  expect_throws_text<IndexError>([&] { x.narrow(1, 1, 3); },
                                 "[narrow] start, length: 1, 3; expected positions within the 3 of "
                                 "axis 1 of shape [2, 3]");
  expect_throws_text<ShapeError>([&] { x.unfold(0, 3, 1); },
                                 "[unfold] size: 3; expected 0..2 for axis 0 of shape [2, 3]");
  expect_throws_text<ConfigError>([&] { x.unfold(0, 1, 0); }, "[unfold] step: 0; expected >= 1");
  expect_throws_text<ShapeError>(
      [&] {
        x.split({1, 2});
      },
      "[split] sizes: [1, 2]; expected sizes >= 0 with the sum 2, for axis 0 of shape [2, 3]");
  expect_throws_text<ConfigError>([&] { x.split_every(0); }, "[split] size: 0; expected >= 1");
  expect_throws_text<ConfigError>([&] { x.chunk(0); }, "[chunk] n: 0; expected >= 1");
  expect_throws_text<IndexError>([&] { x.squeeze(2); },
                                 "[squeeze] axis: 2; expected -2..1 for a tensor of shape [2, 3]");
}

}  // namespace
}  // namespace gradus::testing
