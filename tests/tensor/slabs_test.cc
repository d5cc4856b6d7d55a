// Reductions that go over their elements twice do so in parts that stay in the cache: with the same
// results as for each line alone, and for one line of many elements with exact places and moments.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/construct.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

constexpr std::int64_t kSlab = 65536;

Tensor some(const Shape& shape, DType dtype = kFloat32) {
  Generator generator(7);
  return normal(shape, 3, 2, generator).to(dtype);
}

TEST(Slabs, EachLineOfManyIsTheLineAlone) {
  const Tensor x = some({700, 300});
  const Tensor v = var(x, 1), l = logsumexp(x, 1), a = argmax(x, 1), m = argmin(x, 1);
  for (std::int64_t i = 0; i < 700; i += 233) {
    const Tensor line = x.select(0, i);
    expect_same_bits(v.select(0, i), var(line));
    expect_same_bits(l.select(0, i), logsumexp(line));
    expect_same_bits(a.select(0, i), argmax(line));
    expect_same_bits(m.select(0, i), argmin(line));
  }
}

TEST(Slabs, LinesOverInnerAxesKeepTheirOrder) {
  const Tensor x = some({90, 40, 50}, kFloat64);
  const Tensor v = var(x, {1}), l = logsumexp(x, {2, 1}), a = argmax(x, 1);
  for (std::int64_t i : {0, 31, 89}) {
    const Tensor part = x.select(0, i);
    expect_same_bits(v.select(0, i), var(part, {0}));
    expect_same_bits(l.select(0, i), logsumexp(part));
    expect_same_bits(a.select(0, i), argmax(part, 0));
  }
}

TEST(Slabs, MomentsOfManyElementsAreThoseOfTwoPasses) {
  for (std::int64_t n : {2 * kSlab + 1, 3 * kSlab, 5 * kSlab + 4321}) {
    Tensor x = some({n}, kFloat64);
    double* p = x.data<double>();
    for (std::int64_t i = 0; i < n; ++i) {
      p[i] = static_cast<float>(p[i] + 1e6 + static_cast<double>(i) / 1e3);
    }
    long double total = 0, squares = 0;
    for (std::int64_t i = 0; i < n; ++i) total += p[i];
    const long double mean = total / n;
    for (std::int64_t i = 0; i < n; ++i) squares += (p[i] - mean) * (p[i] - mean);
    const auto [v, m] = var_mean(x);
    EXPECT_NEAR(m.item<double>(), static_cast<double>(mean), 1e-14 * 1e6);
    EXPECT_NEAR(v.item<double>() / static_cast<double>(squares / (n - 1)), 1, 1e-14);
    EXPECT_EQ(var(x.to(kFloat32)).item<float>(), static_cast<float>(squares / (n - 1)));
  }
}

TEST(Slabs, MomentsKnowNoOrderInMemory) {
  const Tensor x = some({700, 300});
  expect_same_bits(var(x.transpose(0, 1)), var(x.transpose(0, 1).contiguous()));
  Tensor broken = x.clone();
  broken.data<float>()[200000] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(var(broken).item<float>()));
}

TEST(Slabs, TheFirstOfEqualExtremesIsFoundInEveryPart) {
  const std::int64_t n = 3 * kSlab + 100;
  for (std::int64_t at : {std::int64_t{0}, kSlab - 1, kSlab, 2 * kSlab + 77, 3 * kSlab, n - 1}) {
    Tensor x = zeros({n});
    float* p = x.data<float>();
    p[at] = 1;
    if (at > 0) p[at - 1] = -1;
    EXPECT_EQ(argmax(x).item<std::int64_t>(), at);
    if (at > 0) {
      EXPECT_EQ(argmin(x).item<std::int64_t>(), at - 1);
    }
    p[n - 1] = 1;
    if (n / 2 > at) p[n / 2] = 1;
    EXPECT_EQ(argmax(x).item<std::int64_t>(), at);
    p[at] = std::numeric_limits<float>::quiet_NaN();
    p[n - 1] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(argmax(x).item<std::int64_t>(), at);
    EXPECT_EQ(argmin(x).item<std::int64_t>(), at);
  }
}

TEST(Slabs, AZeroOfTheOtherSignIsAsLarge) {
  Tensor x = full({3 * kSlab}, -1.0f);
  x.data<float>()[kSlab + 5] = -0.0f;
  x.data<float>()[2 * kSlab + 5] = 0.0f;
  EXPECT_EQ(argmax(x).item<std::int64_t>(), kSlab + 5);
  const ValuesAndIndices found = max_with_indices(x, 0);
  EXPECT_TRUE(std::signbit(found.values.item<float>()));
}

}  // namespace
}  // namespace gradus::testing
