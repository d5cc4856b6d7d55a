#include <gtest/gtest.h>

#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

Tensor count_up(const Shape& shape) { return arange(numel(shape)).reshape(shape); }

void expect_view(const Tensor& view, const Tensor& of) {
  EXPECT_TRUE(view.shares_storage_with(of)) << "a copy was made";
}
void expect_copy(const Tensor& copy, const Tensor& of) {
  EXPECT_FALSE(copy.shares_storage_with(of)) << "no copy was made";
}

Tensor take_view(const nlohmann::json& op, const Tensor& x) {
  const std::string kind = op[0];
  std::vector<std::int64_t> n;
  for (std::size_t i = 1; i < op.size(); ++i) n.push_back(op[i]);
  Shape shape;
  for (auto size : n) {
    if (kind == "reshape" || kind == "expand") shape.push_back(size);
  }
  if (kind == "transpose") return x.transpose(n[0], n[1]);
  if (kind == "slice") return x.slice(n[0], {n[1], n[2], n[3]});
  if (kind == "select") return x.select(n[0], n[1]);
  if (kind == "unsqueeze") return x.unsqueeze(n[0]);
  if (kind == "expand") return x.expand(shape);
  EXPECT_EQ(kind, "reshape");
  return x.reshape(shape);
}

TEST(TensorViews, ChainsOfViewsAreThoseOfNumPy) {
  for (const auto& c : golden("views")) {
    SCOPED_TRACE(c.dump());
    Tensor x = count_up(golden_shape(c.at("start")));
    for (const auto& step : c.at("steps")) {
      const Tensor y = take_view(step.at("op"), x);
      EXPECT_EQ(y.shares_storage_with(x), step.at("view").get<bool>()) << step.dump();
      x = y;
    }
    ASSERT_EQ(x.shape(), golden_shape(c.at("shape")));
    EXPECT_EQ(x.to_vector(), golden_numbers(c.at("values")));
  }
}

TEST(TensorViews, ReshapeOfContiguousElementsIsAView) {
  const Tensor x = count_up({3, 4});
  for (const Shape& shape :
       {Shape{12}, Shape{2, 6}, Shape{4, 3}, Shape{1, 12, 1}, Shape{2, -1, 2}}) {
    const Tensor y = x.reshape(shape);
    expect_view(y, x);
    EXPECT_EQ(y.to_vector(), x.to_vector());
  }
}

TEST(TensorViews, ReshapeOfATransposeCopies) {
  const Tensor x = count_up({2, 3}), y = x.transpose().reshape({6});
  expect_copy(y, x);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{0, 3, 1, 4, 2, 5}));
}

TEST(TensorViews, ReshapeCutsAStridedAxisWithoutACopy) {
  const Tensor x = count_up({2, 6}).slice(1, {0, INT64_MAX, 2});
  const Tensor y = x.reshape({2, 3, 1});
  expect_view(y, x);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  // Every second element of a row of twelve has one step throughout.
  const Tensor even = count_up({12}).slice(0, {0, INT64_MAX, 2});
  expect_view(even.reshape({2, 3}), even);
  EXPECT_EQ(even.reshape({2, 3}).select(0, 1).to_vector(), (std::vector<double>{6, 8, 10}));
  // Rows of three out of four have a gap that a flat view cannot have.
  const Tensor gaps = count_up({3, 4}).slice(1, {0, 3});
  expect_copy(gaps.reshape({9}), gaps);
  EXPECT_EQ(gaps.reshape({9}).to_vector(), (std::vector<double>{0, 1, 2, 4, 5, 6, 8, 9, 10}));
}

TEST(TensorViews, ReshapeOfAnExpandedTensorRepeats) {
  const Tensor x = tensor({1, 2}).unsqueeze(0).expand({3, 2});
  EXPECT_EQ(x.reshape({6}).to_vector(), (std::vector<double>{1, 2, 1, 2, 1, 2}));
  const Tensor one = tensor({5}).expand({6});
  expect_view(one.reshape({2, 3}), one);
  EXPECT_EQ(one.reshape({2, 3}).to_vector(), std::vector<double>(6, 5));
}

TEST(TensorViews, ReshapeKnowsEmptyTensorsAndScalars) {
  const Tensor none = zeros({0, 3});
  EXPECT_EQ(none.reshape({3, 0}).shape(), (Shape{3, 0}));
  EXPECT_EQ(none.reshape({0}).shape(), (Shape{0}));
  EXPECT_EQ(none.reshape({-1, 5}).shape(), (Shape{0, 5}));
  EXPECT_EQ(tensor({7}).reshape({}).item(), 7);
  EXPECT_EQ(Tensor(7).reshape({1, 1}).shape(), (Shape{1, 1}));
  EXPECT_EQ(Tensor(7).reshape({-1}).shape(), (Shape{1}));
}

TEST(TensorViews, WritingThroughAViewChangesTheSource) {
  const Tensor x = zeros({3, 4});
  x.transpose().select(0, 1).fill(7);
  x.slice(0, {2}).slice(1, {0, INT64_MAX, 3}).copy_from(tensor({{8, 9}}));
  EXPECT_EQ(x.to_vector(), (std::vector<double>{0, 7, 0, 0, 0, 7, 0, 0, 8, 7, 0, 9}));
}

TEST(TensorViews, CopyFromAnOverlappingViewReadsBeforeItWrites) {
  const Tensor x = tensor({0, 1, 2, 3, 4});
  x.slice(0, {1}).copy_from(x.slice(0, {0, 4}));
  EXPECT_EQ(x.to_vector(), (std::vector<double>{0, 0, 1, 2, 3}));
  const Tensor square = count_up({3, 3});
  square.copy_from(square.transpose());
  EXPECT_EQ(square.to_vector(), (std::vector<double>{0, 3, 6, 1, 4, 7, 2, 5, 8}));
}

TEST(TensorViews, SliceClampsAndCountsFromTheEnd) {
  const Tensor x = count_up({5});
  EXPECT_EQ(x.slice(0, {-2}).to_vector(), (std::vector<double>{3, 4}));
  EXPECT_EQ(x.slice(0, {-100, 100}).numel(), 5);
  EXPECT_EQ(x.slice(0, {1, -1, 2}).to_vector(), (std::vector<double>{1, 3}));
  EXPECT_EQ(x.slice(0, {4, 2}).shape(), (Shape{0}));
  EXPECT_EQ(x.slice(0, {7, 9}).shape(), (Shape{0}));
  EXPECT_EQ(x.slice(0, {0, INT64_MAX, INT64_MAX}).to_vector(), std::vector<double>{0});
  EXPECT_EQ(x.slice(0, {INT64_MIN, INT64_MIN}).shape(), (Shape{0}));
}

TEST(TensorViews, ANegativeStepWalksBackwardsAsInPython) {
  const Tensor x = count_up({5});
  const auto slice = [&](Slice range) { return x.slice(0, range).to_vector(); };
  EXPECT_EQ(slice({None, None, -1}), (std::vector<double>{4, 3, 2, 1, 0}));
  EXPECT_EQ(slice({None, None, -2}), (std::vector<double>{4, 2, 0}));
  EXPECT_EQ(slice({3, 0, -1}), (std::vector<double>{3, 2, 1}));
  EXPECT_EQ(slice({3, None, -1}), (std::vector<double>{3, 2, 1, 0}));
  EXPECT_EQ(slice({100, -100, -3}), (std::vector<double>{4, 1}));
  EXPECT_EQ(slice({0, 3, -1}), std::vector<double>{});
  EXPECT_EQ(slice({None, None, INT64_MIN}), std::vector<double>{4});
  const Tensor y = count_up({2, 3}).slice(1, {None, None, -1}).slice(0, {None, None, -1});
  EXPECT_EQ(y.to_vector(), (std::vector<double>{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(y.reshape({6}).to_vector(), (std::vector<double>{5, 4, 3, 2, 1, 0}));
  EXPECT_TRUE(y.reshape({6}).shares_storage_with(y));
  EXPECT_EQ((y + 1).to_vector(), (std::vector<double>{6, 5, 4, 3, 2, 1}));
  y.fill(1);
  EXPECT_EQ(y.clone().to_vector(), std::vector<double>(6, 1));
}

TEST(TensorViews, SelectAndAtReadOneElement) {
  const Tensor x = count_up({2, 3});
  EXPECT_EQ(x.select(1, -1).to_vector(), (std::vector<double>{2, 5}));
  EXPECT_EQ(x.at({1, 0}), 3);
  EXPECT_EQ(x.at({-1, -3}), 3);
  EXPECT_EQ(x.select(0, 1).select(0, 1).item(), 4);
}

TEST(TensorViews, ExpandOfAnAxisOfSizeOneMayBeEmpty) {
  EXPECT_EQ(zeros({2, 1}).expand({2, 0}).shape(), (Shape{2, 0}));
  EXPECT_EQ(Tensor(3).expand({2, 2}).to_vector(), std::vector<double>(4, 3));
}

TEST(TensorViews, EightAxesAreEnoughForEveryView) {
  const Tensor x = count_up({2, 1, 2, 1, 2, 1, 2, 1});
  EXPECT_EQ(x.transpose(0, 6).transpose(2, 4).at({1, 0, 0, 0, 1, 0, 0, 0}), 5);
  EXPECT_EQ(x.transpose(0, 6).reshape({4, 4}).at({1, 2}),
            x.transpose(0, 6).at({0, 0, 1, 0, 1, 0, 0, 0}));
}

TEST(TensorViews, CloneIsContiguousAndSharesNothing) {
  const Tensor x = count_up({3, 4}).transpose(), y = x.clone();
  expect_copy(y, x);
  EXPECT_TRUE(y.is_contiguous());
  EXPECT_FALSE(x.is_contiguous());
  EXPECT_EQ(y.to_vector(), x.to_vector());
  EXPECT_TRUE(y.contiguous().shares_storage_with(y));
  expect_copy(x.contiguous(), x);
}

TEST(TensorViews, IndexSelectCopiesRowsInTheGivenOrder) {
  const Tensor x = count_up({3, 2}), index = tensor({2, 0, 0, -1}, kInt64);
  EXPECT_EQ(index_select(x, 0, index).to_vector(), (std::vector<double>{4, 5, 0, 1, 0, 1, 4, 5}));
  EXPECT_EQ(index_select(x.transpose(), 0, tensor({1}, kInt64)).to_vector(),
            (std::vector<double>{1, 3, 5}));
  EXPECT_EQ(index_select(x, 0, zeros({0}, kInt64)).shape(), (Shape{0, 2}));
}

}  // namespace
}  // namespace gradus::testing
