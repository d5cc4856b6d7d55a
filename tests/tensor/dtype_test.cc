#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tensor/elementwise_all.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

const std::vector<DType> kAll(std::begin(kAllDTypes), std::end(kAllDTypes));

// The dtype of + as PyTorch gives it, for two tensors and for a tensor with a number.
TEST(Promotion, OfTwoTensorsIsTheLargerOne) {
  for (DType a : kAll) {
    for (DType b : kAll) {
      const bool halves = is_floating(a) && is_floating(b) && a != b && size_of(a) == size_of(b);
      const DType larger = halves ? kFloat32 : a < b ? b : a;
      EXPECT_EQ(promote(a, b), larger);
      EXPECT_EQ(result_type(zeros({2}, a), zeros({2}, b)), larger);
      if (larger != kBool) {
        EXPECT_EQ((zeros({2}, a) + zeros({2}, b)).dtype(), larger);
      }
    }
  }
}

TEST(Promotion, OfNumbersGivesWayToTheTensor) {
  const auto with = [](DType tensor, const Tensor& number) {
    const Tensor x = ones({2}, tensor);
    EXPECT_EQ((x + number).dtype(), (number + x).dtype());
    return (x + number).dtype();
  };
  EXPECT_EQ(with(kFloat32, 0.5), kFloat32);
  EXPECT_EQ(with(kFloat32, 2), kFloat32);
  EXPECT_EQ(with(kFloat32, true), kFloat32);
  EXPECT_EQ(with(kFloat64, 0.5f), kFloat64);
  EXPECT_EQ(with(kInt64, 2), kInt64);
  EXPECT_EQ(with(kInt64, true), kInt64);
  EXPECT_EQ(with(kInt64, 0.5), kFloat32);
  EXPECT_EQ(with(kBool, 2), kInt64);
  EXPECT_EQ(with(kBool, 0.5), kFloat32);
}

TEST(Promotion, OfATensorWithoutAxesGivesWayToOneWithAxes) {  // the rows are torch's
  const auto with = [](DType axes, DType none) {
    return (ones({3}, axes) + ones({}, none)).dtype();
  };
  EXPECT_EQ(with(kFloat32, kFloat64), kFloat32);
  EXPECT_EQ(with(kInt64, kFloat64), kFloat64);
  EXPECT_EQ(with(kInt64, kFloat32), kFloat32);
  EXPECT_EQ(with(kBool, kInt64), kInt64);
  EXPECT_EQ((ones({}) + ones({}, kFloat64)).dtype(), kFloat64);
}

TEST(Promotion, AConvertedNumberCounts) {
  EXPECT_EQ((ones({}) * Tensor(0.5).to(kFloat64)).dtype(), kFloat64);
  EXPECT_EQ((ones({}) * Tensor(0.5)).dtype(), kFloat32);
}

TEST(Promotion, OfTwoNumbersIsThatOfTensors) {
  EXPECT_EQ((Tensor(1) + Tensor(2)).dtype(), kInt64);
  EXPECT_EQ((Tensor(1) + Tensor(0.5)).dtype(), kFloat64);
  EXPECT_TRUE(Tensor(1).weak());
  EXPECT_FALSE((ones({}) + Tensor(1)).weak());
}

TEST(Promotion, ANumberIsRoundedToTheDTypeOnce) {
  const Tensor x = ones({1}) * 0.1;
  EXPECT_EQ(x.data<float>()[0], 0.1f);
  EXPECT_EQ((ones({1}, kFloat64) * 0.1f).item(), static_cast<double>(0.1f));
}

TEST(Promotion, DivisionOfIntegersIsTrueDivision) {
  const Tensor y = tensor({1, 3}, kInt64) / tensor({2, 2}, kInt64);
  EXPECT_EQ(y.dtype(), kFloat32);
  EXPECT_EQ(y.to_vector(), (std::vector<double>{0.5, 1.5}));
}

TEST(DTypes, ComparisonsGiveBool) {
  for (DType a : kAll) EXPECT_EQ((ones({2}, a) == ones({2}, a)).dtype(), kBool);
  EXPECT_EQ((tensor({2, 3}, kInt64) > 2.5).to_vector(), (std::vector<double>{0, 1}));
}

TEST(DTypes, ConversionTruncatesAndTestsForZero) {
  const Tensor x = tensor({-1.7, -0.0, 0.3, 2.9}, kFloat64);
  EXPECT_EQ(x.to(kInt64).to_vector(), (std::vector<double>{-1, 0, 0, 2}));
  EXPECT_EQ(x.to(kBool).to_vector(), (std::vector<double>{1, 0, 1, 1}));
  EXPECT_EQ(x.to(kFloat32).to(kFloat64).at({2}), static_cast<double>(0.3f));
  EXPECT_TRUE(x.to(kFloat64).shares_storage_with(x));
  for (DType from : kAll) {
    for (DType to : kAll) {
      const Tensor y = tensor({{0, 1}, {1, 1}}, from).transpose().to(to);
      EXPECT_EQ(y.dtype(), to);
      EXPECT_EQ(y.to_vector(), (std::vector<double>{0, 1, 1, 1}));
    }
  }
}

TEST(DTypes, WholeNumbersWrapWhenAskedTo) {
  EXPECT_EQ(tensor({300, -1, 256}, kInt64).to(kUInt8, Cast::kWrap).to_vector(),
            (std::vector<double>{44, 255, 0}));
  const Tensor x = tensor({200, 100}, kUInt8);
  EXPECT_EQ((x + x).to_vector(), (std::vector<double>{144, 200}));
  EXPECT_EQ((-x).to_vector(), (std::vector<double>{56, 156}));
  EXPECT_EQ((x < 300).to_vector(), (std::vector<double>{1, 1}));
  EXPECT_EQ((tensor({2147483647}, kInt32) + 1).item(), -2147483648.0);
}

TEST(DTypes, AFractionIsCutBeforeTheRangeIsChecked) {
  EXPECT_EQ(tensor({-0.9, 255.9}).to(kUInt8).to_vector(), (std::vector<double>{0, 255}));
  EXPECT_EQ(tensor({-9223372036854775808.0}, kFloat64).to(kInt64).item(), -0x1p63);
}

TEST(DTypes, HalvesAreRoundedToTheNearestEven) {
  const auto float16 = [](float x) { return static_cast<float>(Float16(x)); };
  EXPECT_EQ(float16(2049), 2048);
  EXPECT_EQ(float16(2051), 2052);
  EXPECT_EQ(float16(65519.996f), 65504);
  EXPECT_EQ(float16(65520), INFINITY);
  EXPECT_EQ(float16(0x1p-24f), 0x1p-24f);
  EXPECT_EQ(float16(0x1p-25f), 0);
  EXPECT_EQ(float16(0x1.8p-24f), 0x1p-23f);
  EXPECT_TRUE(std::isnan(float16(NAN)));
  EXPECT_TRUE(std::signbit(float16(-0.0f)));
  const auto bfloat16 = [](float x) { return static_cast<float>(BFloat16(x)); };
  EXPECT_EQ(bfloat16(257), 256);
  EXPECT_EQ(bfloat16(259), 260);
  EXPECT_EQ(bfloat16(3.4e38f), INFINITY);
  EXPECT_TRUE(std::isnan(bfloat16(NAN)));
  for (int bits = 0; bits < 65536; ++bits) {  // every float16 there is
    const float x = half::from_float16_bits(static_cast<std::uint16_t>(bits));
    if (std::isnan(x)) continue;
    ASSERT_EQ(half::float16_bits(x), bits);
  }
}

TEST(DTypes, HalvesAreComputedInFloatAndRoundedOnce) {
  const Tensor x = tensor({1, 2048, 3}, kFloat16);
  EXPECT_EQ((x + 1).dtype(), kFloat16);
  EXPECT_EQ((x + 1).to_vector(), (std::vector<double>{2, 2048, 4}));
  EXPECT_EQ((x + tensor({1.0, 1.0, 1.0})).dtype(), kFloat32);
  EXPECT_EQ((x * tensor({1.0}, kBFloat16)).dtype(), kFloat32);
}

TEST(DTypes, NamesAndSizesAreThoseOfNumPy) {
  EXPECT_EQ(name(kBool), "bool");
  EXPECT_EQ(name(kInt64), "int64");
  EXPECT_EQ(name(kFloat32), "float32");
  EXPECT_EQ(name(kFloat64), "float64");
  EXPECT_EQ(size_of(kBool), 1u);
  EXPECT_EQ(size_of(kInt64), 8u);
  EXPECT_EQ(size_of(kFloat32), 4u);
  EXPECT_EQ(size_of(kFloat64), 8u);
}

TEST(Construction, FillsInTheAskedDType) {
  EXPECT_EQ(full({2}, 2.7, kInt64).to_vector(), (std::vector<double>{2, 2}));
  EXPECT_EQ(ones({2}, kBool).to_vector(), (std::vector<double>{1, 1}));
  EXPECT_EQ(zeros_like(ones({2, 3}, kFloat64)).dtype(), kFloat64);
  EXPECT_EQ(ones_like(zeros({2, 3}, kInt64)).to_vector(), std::vector<double>(6, 1));
  EXPECT_EQ(arange(4).to_vector(), (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(arange(0).shape(), (Shape{0}));
  EXPECT_EQ(arange(3, kFloat32).dtype(), kFloat32);
  EXPECT_EQ(tensor({{1, 2, 3}, {4, 5, 6}}).shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor({{1, 2, 3}, {4, 5, 6}}).at({1, 0}), 4);
}

}  // namespace
}  // namespace gradus::testing
