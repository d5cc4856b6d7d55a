#include "nn/pad_sequence.h"

#include <gtest/gtest.h>

#include "autograd/ops/sum.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"

namespace gradus::nn {
namespace {

using testing::expect_same_bits;
using testing::expect_throws_text;

TEST(PadSequence, FillsUpAndComesBack) {
  const std::vector<Variable> sequences = {parameter(tensor({{1, 2}})),
                                           parameter(tensor({{3, 4}, {5, 6}, {7, 8}})),
                                           parameter(zeros({0, 2}))};
  const Variable rows = pad_sequence(sequences, true, -1);
  expect_same_bits(rows.value(), tensor({{{1, 2}, {-1, -1}, {-1, -1}},
                                         {{3, 4}, {5, 6}, {7, 8}},
                                         {{-1, -1}, {-1, -1}, {-1, -1}}}));
  const Variable y = pad_sequence(sequences);
  EXPECT_EQ(y.shape(), (Shape{3, 3, 2}));
  expect_same_bits(y.value().select(1, 0), tensor({{1, 2}, {0, 0}, {0, 0}}));
  for (const bool batch_first : {false, true}) {
    const auto back =
        unpad_sequence(batch_first ? rows : y, tensor({1, 3, 0}, kInt64), batch_first);
    ASSERT_EQ(back.size(), 3u);
    for (int i = 0; i < 3; ++i) {
      expect_same_bits(back[i].value().contiguous(), sequences[i].value());
    }
  }
  const Variable weights = arange(18, kFloat32).reshape({3, 3, 2});
  expect_same_bits(grad(sum(y * weights), sequences[1]).value(),
                   tensor({{2, 3}, {8, 9}, {14, 15}}));
}

TEST(PadSequence, BadInputIsNamed) {
  expect_throws_text<ConfigError>([] { pad_sequence({}); },
                                  "[pad_sequence] sequences: none; expected at least one");
  const std::vector<Variable> unlike = {zeros({5, 3}), zeros({2, 4})};
  expect_throws_text<ShapeError>(
      [&] { pad_sequence(unlike); },
      "[pad_sequence] sequence 1 is [2, 4]; expected [T, 3] like [5, 3] of sequence 0");
  for (const Tensor& lengths : {tensor({1, 2, 3}, kInt64), tensor({6, 1}, kInt64)}) {
    expect_throws_text<ShapeError>(
        [&] {
          unpad_sequence(zeros({5, 2, 3}), lengths);
        },
        "[unpad_sequence] lengths: int64 " + to_string(lengths.shape()) +
            "; expected int64 [2], each in 0..5, for x [5, 2, 3]");
  }
}

}  // namespace
}  // namespace gradus::nn
