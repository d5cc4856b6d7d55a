// Large cases of what reads and writes at positions: every way in which threads share the work,
// against plain loops.
#include <gtest/gtest.h>

#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/indexing.h"
#include "tensor/random.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

// Many indices for few places, so that most places are written more than once.
constexpr std::int64_t kMany = 200'000;

/// y[position(j)] = values[j], or += in order, in float.
std::vector<float> looped(std::vector<float> y, const std::vector<std::int64_t>& positions,
                          const std::vector<float>& values, bool adds) {
  for (std::size_t j = 0; j < positions.size(); ++j) {
    float& element = y[positions[j]];
    element = adds ? element + values[j] : values[j];
  }
  return y;
}

TEST(Places, OfOneLongLineAreWrittenInOrder) {
  for (const std::int64_t size : {1, 3, 1000, 500'000}) {
    Generator generator(size);
    const Tensor x = normal({size}, 0, 1, generator), values = normal({kMany}, 0, 1, generator);
    const Tensor index = randint(0, size, {kMany}, generator);
    for (const bool adds : {false, true}) {
      const std::vector<float> expected = looped(
          x.to_vector<float>(), index.to_vector<std::int64_t>(), values.to_vector<float>(), adds);
      const auto check = [&](const char* what, auto f) {
        EXPECT_EQ(same_on_all_threads(f).template to_vector<float>(), expected)
            << what << ", size " << size;
      };
      check("scatter",
            [&] { return adds ? scatter_add(x, 0, index, values) : scatter(x, 0, index, values); });
      check("index_put", [&] {
        const Tensor y = x.clone();
        y.index_put({index}, values, adds);
        return y;
      });
      check("index_put backwards", [&] {  // negative strides of all three
        const Tensor y = x.flip().clone();
        y.flip().index_put({index.flip().clone().flip()}, values.flip().clone().flip(), adds);
        return y.flip().clone();
      });
      if (adds) check("index_add", [&] { return index_add(x, 0, index, values); });
    }
  }
}

TEST(Places, OfAFewLongLinesAreWrittenInOrder) {
  Generator generator(3);
  const Tensor x = normal({3, 50}, 0, 1, generator);
  const Tensor index = randint(-50, 50, {3, kMany}, generator);
  const Tensor values = normal({3, kMany}, 0, 1, generator);
  const Tensor y = same_on_all_threads([&] { return scatter_add(x, 1, index, values); });
  const Tensor last = same_on_all_threads([&] { return scatter(x, 1, index, values); });
  for (std::int64_t row = 0; row < 3; ++row) {
    std::vector<std::int64_t> positions = index.select(0, row).to_vector<std::int64_t>();
    for (auto& p : positions) p += p < 0 ? 50 : 0;
    const auto before = x.select(0, row).to_vector<float>();
    const auto source = values.select(0, row).to_vector<float>();
    EXPECT_EQ(y.select(0, row).to_vector<float>(), looped(before, positions, source, true));
    EXPECT_EQ(last.select(0, row).to_vector<float>(), looped(before, positions, source, false));
  }
}

TEST(Places, OfRowsAreWrittenInOrder) {
  for (const std::int64_t width : {5, 40}) {
    Generator generator(width);
    const Tensor x = normal({30, width}, 0, 1, generator);
    const Tensor index = randint(0, 30, {20'000}, generator);
    const Tensor values = normal({20'000, width}, 0, 1, generator);
    std::vector<std::int64_t> positions;
    for (const std::int64_t i : index.to_vector<std::int64_t>()) {
      for (std::int64_t k = 0; k < width; ++k) positions.push_back(i * width + k);
    }
    const auto expected = looped(x.to_vector<float>(), positions, values.to_vector<float>(), true);
    const Tensor y = same_on_all_threads([&] { return index_add(x, 0, index, values); });
    EXPECT_EQ(y.to_vector<float>(), expected);
    const Tensor across = same_on_all_threads(
        [&] { return index_add(x.transpose(), 1, index, values.transpose()).transpose().clone(); });
    EXPECT_EQ(across.to_vector<float>(), expected);
  }
}

// One row has nearly all of the work, as that of padding in a table of words.
TEST(Places, OfOneRowThatIsWrittenMostAreWrittenInOrder) {
  Generator generator(5);
  const Tensor x = normal({30, 40}, 0, 1, generator), values = normal({9000, 40}, 0, 1, generator);
  const Tensor index = full({9000}, 7, kInt64);
  index.slice(0, {100, 200}).copy_from(randint(0, 30, {100}, generator));
  std::vector<std::int64_t> positions;
  for (const std::int64_t i : index.to_vector<std::int64_t>()) {
    for (std::int64_t k = 0; k < 40; ++k) positions.push_back(i * 40 + k);
  }
  const Tensor y = same_on_all_threads([&] { return index_add(x, 0, index, values); });
  EXPECT_EQ(y.to_vector<float>(),
            looped(x.to_vector<float>(), positions, values.to_vector<float>(), true));
}

TEST(Places, AlongTheFirstOfTwoAxesAreWrittenInOrder) {
  Generator generator(6);
  const Tensor x = normal({40, 300}, 0, 1, generator);
  const Tensor index = randint(-40, 40, {5000, 290}, generator);
  const Tensor values = normal({5000, 290}, 0, 1, generator);
  std::vector<std::int64_t> positions = index.to_vector<std::int64_t>();
  for (std::size_t j = 0; j < positions.size(); ++j) {
    positions[j] = (positions[j] + 40) % 40 * 300 + static_cast<std::int64_t>(j) % 290;
  }
  for (const bool adds : {false, true}) {
    const Tensor y = same_on_all_threads(
        [&] { return adds ? scatter_add(x, 0, index, values) : scatter(x, 0, index, values); });
    EXPECT_EQ(y.to_vector<float>(),
              looped(x.to_vector<float>(), positions, values.to_vector<float>(), adds));
  }
}

// The table has one place, so the axes of the plan are those of x.
TEST(Places, OfOneLargeSliceAreWritten) {
  const Tensor x = zeros({300, 2, 400}), values = ones({400, 1, 300}).transpose(0, 2);
  const Tensor y = same_on_all_threads(
      [&] { return index_add(x.transpose(0, 2), 1, tensor({1}, kInt64), values.transpose(0, 2)); });
  EXPECT_EQ(y.select(1, 1).to_vector(), std::vector<double>(120'000, 1));
  EXPECT_EQ(y.select(1, 0).to_vector(), std::vector<double>(120'000, 0));
}

TEST(Places, ThatAreElementsOfTheTargetAreReadBefore) {
  const Tensor x = tensor({2, 0, 1, 0}, kInt64);
  x.index_put({x}, tensor({10, 11, 12, 13}, kInt64));
  EXPECT_EQ(x.to_vector(), (std::vector<double>{13, 12, 10, 0}));
}

TEST(Places, OfManyElementsAreReadWhereTheyStand) {
  Generator generator(1);
  const Tensor x = arange(60'000).reshape({200, 300});
  const Tensor rows = randint(-200, 200, {700}, generator);
  const Tensor columns = randint(-300, 300, {90}, generator);
  const auto at = [](std::int64_t i, std::int64_t n) { return i < 0 ? i + n : i; };
  const auto r = rows.to_vector<std::int64_t>(), c = columns.to_vector<std::int64_t>();
  const auto check = [&](const Tensor& y, auto expected) {
    const auto got = y.to_vector<std::int64_t>();
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < y.dim(0); ++i) {
      for (std::int64_t j = 0; j < y.dim(1); ++j) {
        wrong += got[i * y.dim(1) + j] != expected(i, j);
      }
    }
    EXPECT_EQ(wrong, 0);
  };
  check(x.index({rows}), [&](auto i, auto j) { return at(r[i], 200) * 300 + j; });
  check(x.index({Slice{}, columns}), [&](auto i, auto j) { return i * 300 + at(c[j], 300); });
  check(x.index({rows.unsqueeze(1), columns}),
        [&](auto i, auto j) { return at(r[i], 200) * 300 + at(c[j], 300); });
  check(x.flip().index({rows, Slice{None, None, -2}}),
        [&](auto i, auto j) { return (199 - at(r[i], 200)) * 300 + 2 * j; });
  check(x.transpose().index({Slice{}, rows}),
        [&](auto i, auto j) { return at(r[j], 200) * 300 + i; });
}

TEST(Places, OfTrueElementsAreFoundAcrossPieces) {
  const Tensor x = arange(100'000).reshape({100, 1000});
  Generator generator(2);
  const Tensor mask = bernoulli({100, 1000}, 0.01, generator).to(kBool);
  const auto flags = mask.to_vector<std::uint8_t>();
  std::vector<std::int64_t> expected;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i]) expected.push_back(static_cast<std::int64_t>(i));
  }
  ASSERT_GT(expected.size(), 500u);
  const Tensor found = same_on_all_threads([&] { return nonzero(mask); });
  EXPECT_EQ((found.select(1, 0) * 1000 + found.select(1, 1)).to_vector<std::int64_t>(), expected);
  EXPECT_EQ(x.index({mask}).to_vector<std::int64_t>(), expected);
  EXPECT_EQ(masked_select(x, mask).to_vector<std::int64_t>(), expected);
}

TEST(PlacesErrors, NameTheFirstOfManyIndices) {
  const Tensor index = zeros({100'000}, kInt32);
  index.index_put({Slice{70'000, 70'002}}, 7);
  index.index_put({99'999}, -8);
  for (const int n : {1, 3}) {
    const WithThreads threads(n);
    expect_throws_text<IndexError>(
        [&] { take(zeros({7}), index); },
        "[take] index: 7 at [70000]; expected -7..6 for axis 0 of shape [7]");
  }
}

}  // namespace
}  // namespace gradus::testing
