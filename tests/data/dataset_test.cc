#include "data/dataset.h"

#include <gtest/gtest.h>

#include "tests/support/compare.h"

namespace gradus::data {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

TensorDataset four_rows() {
  return {tensor({{1, 2}, {3, 4}, {5, 6}, {7, 8}}), tensor({10, 20, 30, 40}).unsqueeze(1)};
}

TEST(TensorDataset, SizeCountsRows) { EXPECT_EQ(four_rows().size(), 4); }

TEST(TensorDataset, HeadIsAViewOfTheFirstRows) {
  const TensorDataset all = four_rows(), some = all.head(3);
  expect_same_bits(some.features, tensor({{1, 2}, {3, 4}, {5, 6}}));
  expect_same_bits(some.targets, tensor({10, 20, 30}).unsqueeze(1));
  EXPECT_TRUE(some.features.shares_storage_with(all.features));
  EXPECT_TRUE(some.targets.shares_storage_with(all.targets));
  EXPECT_EQ(all.head(4).size(), 4);
}

TEST(TensorDataset, HeadRefusesNoRowsAndMoreThanThereAre) {
  expect_throws_text<ConfigError>([] { four_rows().head(9); },
                                  "[dataset] head: 9 rows; expected 1..4");
  expect_throws_text<ConfigError>([] { four_rows().head(0); },
                                  "[dataset] head: 0 rows; expected 1..4");
}

TEST(TensorDataset, MayLiveOnADevice) {
  const TensorDataset all = four_rows();
  const TensorDataset there{all.features.to(kCudaEmulated), all.targets.to(kCudaEmulated)};
  EXPECT_NO_THROW(check_dataset(there));
  const Batch rows = there.rows(tensor({2, 0}).to(kInt64));
  EXPECT_EQ(rows.x.device(), kCudaEmulated);
  expect_same_bits(rows.x, tensor({{5, 6}, {1, 2}}));
  expect_same_bits(rows.y, tensor({30, 10}).unsqueeze(1));
}

TEST(TensorDataset, CheckAcceptsMatchingRows) { EXPECT_NO_THROW(check_dataset(four_rows())); }

TEST(TensorDataset, CheckNamesWhatDoesNotFit) {
  expect_throws_text<ShapeError>(
      [] {
        check_dataset({zeros({4, 2}), zeros({3, 1})});
      },
      "[dataset] features is [4, 2] and targets is [3, 1]: 4 and 3 "
      "rows; expected one target per row");
  expect_throws_text<ShapeError>(
      [] {
        check_dataset({zeros({}), zeros({3, 1})});
      },
      "[dataset] features: 0-d tensor; expected one sample per row");
  expect_throws_text<ShapeError>(
      [] {
        check_dataset({zeros({3, 1}), zeros({})});
      },
      "[dataset] targets: 0-d tensor; expected one sample per row");
  expect_throws_text<ConfigError>(
      [] {
        check_dataset({zeros({0, 2}), zeros({0, 1})});
      },
      "[dataset] features: shape [0, 2] has no rows; expected at least one");
  EXPECT_THROW(check_dataset({}), Error);
  EXPECT_THROW(check_dataset({zeros({1}), Tensor()}), Error);
}

}  // namespace
}  // namespace gradus::data
