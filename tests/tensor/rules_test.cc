// Operators, edges of whole numbers, parameters and comparisons of whole tensors.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/ops_all.h"
#include "tensor/close.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using List = std::vector<double>;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

Tensor whole(std::int64_t value) { return full({1}, value, kInt64); }
std::int64_t first(const Tensor& x) { return x.data<std::int64_t>()[0]; }

TEST(Operators, OfWholeNumbersAreThoseOfPython) {
  const Tensor a = tensor({12, -7}, kInt64), b = tensor({10, 3}, kInt64);
  EXPECT_EQ((a & b).to_vector(), (List{8, 1}));
  EXPECT_EQ((a | b).to_vector(), (List{14, -5}));
  EXPECT_EQ((a ^ b).to_vector(), (List{6, -6}));
  EXPECT_EQ((~a).to_vector(), (List{-13, 6}));
  EXPECT_EQ((a % b).to_vector(), (List{2, 2}));
  EXPECT_EQ((a % -5).to_vector(), (List{-3, -2}));
  EXPECT_EQ((a << 2).to_vector(), (List{48, -28}));
  EXPECT_EQ((a >> 1).to_vector(), (List{6, -4}));
  EXPECT_EQ((1 << b).to_vector(), (List{1024, 8}));
  EXPECT_EQ(fmod(a, -5).to_vector(), (List{2, -2}));
  EXPECT_EQ(floor_divide(a, -5).to_vector(), (List{-3, 1}));
  EXPECT_EQ(pow(a, 2).to_vector(), (List{144, 49}));
  EXPECT_EQ(pow(a, 2).dtype(), kInt64);
  EXPECT_EQ(pow(a, 0.5).dtype(), kFloat32);
}

TEST(Operators, OfMasksAreLogical) {
  const Tensor x = arange(6), mask = (x > 1) & ~(x == 3);
  EXPECT_EQ(mask.dtype(), kBool);
  EXPECT_EQ(mask.to_vector(), (List{0, 0, 1, 0, 1, 1}));
  EXPECT_EQ((!mask).to_vector(), (List{1, 1, 0, 1, 0, 0}));
  EXPECT_EQ((!x).to_vector(), (List{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ((mask | (x == 0)).to_vector(), (List{1, 0, 1, 0, 1, 1}));
  EXPECT_EQ((mask ^ true).to_vector(), (!mask).to_vector());
  EXPECT_EQ((~tensor({5, 255}, kUInt8)).to_vector(), (List{250, 0}));
}

TEST(Operators, OfVariablesAreThoseOfTensors) {
  const Variable x = parameter(tensor({5, -5, 7.5}, kFloat64));
  const Variable y = x % 3;
  EXPECT_EQ(y.value().to_vector(), (List{2, 1, 1.5}));
  sum(y * y).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (List{4, 2, 3}));
  const Variable n = Variable(tensor({6, 1}, kInt64));
  EXPECT_EQ((n & 3).value().to_vector(), (List{2, 1}));
  EXPECT_EQ((n | 8).value().to_vector(), (List{14, 9}));
  EXPECT_EQ((n ^ n).value().to_vector(), (List{0, 0}));
  EXPECT_EQ((n << n).value().to_vector(), (List{384, 2}));
  EXPECT_EQ((n >> 1).value().to_vector(), (List{3, 0}));
  EXPECT_EQ((~n).value().to_vector(), (List{-7, -2}));
  EXPECT_EQ((!n).value().to_vector(), (List{0, 0}));
}

TEST(WholeNumbers, SmallestOneDividedByMinusOneWrapsAround) {
  EXPECT_EQ(first(floor_divide(whole(kLeast), -1)), kLeast);
  EXPECT_EQ(first(remainder(whole(kLeast), -1)), 0);
  EXPECT_EQ(first(fmod(whole(kLeast), -1)), 0);
  const Tensor least32 = full({1}, std::numeric_limits<std::int32_t>::min(), kInt32);
  EXPECT_EQ(floor_divide(least32, -1).item(), -0x1p31);
  EXPECT_EQ(first(floor_divide(whole(kLeast), 2)), kLeast / 2);
  EXPECT_EQ(first(floor_divide(whole(kLeast + 1), kLeast)), 0);
}

TEST(WholeNumbers, PowersAreExactAndWrapAround) {
  EXPECT_EQ(first(pow(whole(3), 39)), 4052555153018976267);
  EXPECT_EQ(first(pow(whole(-2), 63)), kLeast);
  EXPECT_EQ(first(pow(whole(2), 64)), 0);
  EXPECT_EQ(first(pow(whole(-1), std::numeric_limits<std::int64_t>::max())), -1);
  EXPECT_EQ(pow(tensor({200}, kUInt8), 2).item(), 64);
  EXPECT_EQ(pow(tensor({0, 7}, kInt64), 0).to_vector(), (List{1, 1}));
}

TEST(WholeNumbers, ShiftsBeyondTheBitsAreDefined) {
  const Tensor by = tensor({-1, 0, 63, 64, 1000}, kInt64);
  EXPECT_EQ((whole(1) << by).to_vector(), (List{0, 1, -0x1p63, 0, 0}));
  EXPECT_EQ((whole(-5) >> by).to_vector(), (List{-1, -5, -1, -1, -1}));
  EXPECT_EQ((whole(5) >> by).to_vector(), (List{0, 5, 0, 0, 0}));
  EXPECT_EQ((tensor({1, 1}, kInt32) << tensor({31, 32}, kInt32)).to_vector(), (List{-0x1p31, 0}));
  EXPECT_EQ((tensor({1, 1}, kUInt8) << tensor({7, 8}, kUInt8)).to_vector(), (List{128, 0}));
}

// b * (a // b) + a % b = a, for exact quotients just below and above whole numbers too.
TEST(FloorDivide, FitsToTheRemainder) {
  for (double a : {0.3, 1.0, 7.0, -7.0, 1e15, -1e15, 6.1, 0x1p53 + 2}) {
    for (double b : {0.1, 0.3, -0.3, 3.0, -3.0, 7.0}) {
      const double quotient = floor_divide(Tensor(a).to(kFloat64), b).item();
      const double rest = remainder(Tensor(a).to(kFloat64), b).item();
      EXPECT_EQ(quotient, std::floor(quotient));
      EXPECT_NEAR(b * quotient + rest, a, 4e-16 * std::max(std::fabs(a), std::fabs(b)))
          << a << " // " << b;
      EXPECT_TRUE(rest == 0 || (rest < 0) == (b < 0)) << a << " % " << b;
      EXPECT_LE(std::fabs(rest), std::fabs(b));
    }
  }
  // 1 / 0.1 is rounded to 10.
  EXPECT_EQ(floor_divide(Tensor(1.0).to(kFloat64), 0.1).item(), 9);
}

TEST(Parameters, AreGivenByName) {
  const Tensor x = tensor({-2, -1, 0.5, 3});
  EXPECT_EQ(leaky_relu(x, {.negative_slope = 0.5}).to_vector(), (List{-1, -0.5, 0.5, 3}));
  EXPECT_EQ(leaky_relu(x, {0.5}).to_vector(), (List{-1, -0.5, 0.5, 3}));
  EXPECT_EQ(hardtanh(x, {.min_value = 0, .max_value = 2}).to_vector(), (List{0, 0, 0.5, 2}));
  EXPECT_EQ(hardtanh(x.to(kInt64), {.min_value = -1.5}).to_vector(), (List{-1, -1, 0, 1}));
  const Tensor odd = tensor({NAN, INFINITY, -INFINITY, 1});
  EXPECT_EQ(nan_to_num(odd, {.nan = 9, .neginf = -8}).to_vector(),
            (List{9, std::numeric_limits<float>::max(), -8, 1}));
  EXPECT_EQ(nan_to_num(odd.to(kFloat16)).to_vector(), (List{0, 65504, -65504, 1}));
  EXPECT_EQ(nan_to_num(odd.to(kBFloat16)).to_vector(), (List{0, 0x1.fep127, -0x1.fep127, 1}));
}

TEST(Close, WithinTolerancesOnly) {
  const Tensor a = tensor({1, 100, 0}, kFloat64), b = tensor({1.0005, 100.05, 0}, kFloat64);
  EXPECT_FALSE(allclose(a, b));
  EXPECT_TRUE(allclose(a, b, {.rtol = 1e-3}));
  EXPECT_EQ(isclose(a, b, {.atol = 1e-3}).to_vector(), (List{1, 0, 1}));
  EXPECT_TRUE(allclose(zeros({0, 2}), ones({2})));
  EXPECT_TRUE(allclose(a, a.to(kFloat32)));
  // The tolerance is that of b.
  EXPECT_NE(isclose(Tensor(10.0), 11.0, {.rtol = 0.095}).item(),
            isclose(Tensor(11.0), 10.0, {.rtol = 0.095}).item());
}

TEST(Close, TreatsNaNAndInfinitiesApart) {
  const Tensor x = tensor({NAN, INFINITY, -INFINITY, INFINITY}),
               y = tensor({NAN, INFINITY, INFINITY, 1});
  EXPECT_EQ(isclose(x, y).to_vector(), (List{0, 1, 0, 0}));
  EXPECT_EQ(isclose(y, x, {.rtol = 2, .equal_nan = true}).to_vector(), (List{1, 1, 0, 0}));
  EXPECT_EQ(isclose(x, 1, {.equal_nan = true}).to_vector(), (List{0, 0, 0, 0}));
}

TEST(ArrayEqual, ComparesShapesAndNumbers) {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  EXPECT_TRUE(array_equal(x, x.transpose().clone().transpose()));
  EXPECT_TRUE(array_equal(x, x.to(kInt64)));
  EXPECT_FALSE(array_equal(x, x + 1e-6));
  EXPECT_FALSE(array_equal(ones({2}), ones({1})));
  EXPECT_FALSE(array_equal(tensor({NAN}), tensor({NAN})));
  EXPECT_TRUE(array_equal(tensor({0.0}), tensor({-0.0})));
  EXPECT_TRUE(array_equal(zeros({0}), zeros({0})));
  EXPECT_FALSE(array_equal(zeros({0, 2}), zeros({2, 0})));
}

}  // namespace
}  // namespace gradus::testing
