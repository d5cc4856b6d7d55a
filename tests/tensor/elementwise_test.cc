// Values of every element-wise rule. PyTorch's are in tests/golden/elementwise.json.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/elementwise_all.h"
#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/every_device.h"
#include "tests/support/golden.h"
#include "tests/support/rules.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

// glibc's vector functions promise 4 ulp, and a rule calls one or two of them.
constexpr double kRelative64 = 8 * 2.3e-16, kRelative32 = 8 * 1.2e-7;
// Results below the smallest normal number have fewer digits.
constexpr double kAbsolute64 = 1e-300, kAbsolute32 = 1e-37;

constexpr const char* kHowToAdd =
    "; run tests/golden/make_elementwise.py again, it finds the rules by itself";

Tensor golden_list(const nlohmann::json& list, const Shape& shape) {
  return from_values(golden_numbers(list), shape, kFloat64);
}

TEST(Elementwise, ThereAreRulesToTest) {
  EXPECT_GE(rules().unary.size(), 14u);
  EXPECT_GE(rules().binary.size(), 7u);
  EXPECT_GE(rules().comparison.size(), 6u);
}

TEST(Elementwise, UnaryValuesAreThoseOfPyTorch) {
  const auto expected = golden("elementwise");
  const Tensor x = golden_list(expected["x"], {static_cast<std::int64_t>(expected["x"].size())});
  for (const UnaryRule& rule : rules().unary) {
    ASSERT_TRUE(expected["unary"].contains(rule.name)) << rule.name << kHowToAdd;
    const Tensor y = golden_list(expected["unary"][rule.name], x.shape());
    // sign(NaN) is NaN, as in NumPy; in PyTorch it is 0.
    if (rule.name == "sign") y.copy_from(where(x == x, y, x));
    expect_close(rule.tensor(x), y, kRelative64, kAbsolute64, rule.name);
    if (rule.name == "nan_to_num") continue;  // gives the largest number of the dtype
    // float32 is compared at the numbers that float32 has.
    const Tensor x32 = x.to(kFloat32), from64 = rule.tensor(x32.to(kFloat64)).to(kFloat32);
    EXPECT_EQ(rule.tensor(x32).dtype(), kFloat32) << rule.name;
    expect_close(rule.tensor(x32), from64, kRelative32, kAbsolute32, rule.name + ", float32");
  }
}

TEST(Elementwise, ZerosHaveTheSignOfPyTorch) {
  const auto expected = golden("elementwise");
  const Tensor x = golden_list(expected["x"], {static_cast<std::int64_t>(expected["x"].size())});
  for (const std::string name : {"abs", "neg", "sign", "sin", "sinh", "tanh", "sqrt", "square"}) {
    for (const UnaryRule& rule : rules().unary) {
      if (rule.name != name) continue;
      const auto y = rule.tensor(x).to_vector(), e = golden_numbers(expected["unary"][name]);
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (e[i] != 0) continue;
        EXPECT_EQ(std::signbit(y[i]), std::signbit(e[i])) << name << " of " << x.to_vector()[i];
      }
    }
  }
}

TEST(Elementwise, BinaryValuesAreThoseOfPyTorch) {
  const auto expected = golden("elementwise");
  const auto n = static_cast<std::int64_t>(expected["a"].size());
  const Tensor a = golden_list(expected["a"], {n, 1}), b = a.reshape({1, n});
  for (const BinaryRule& rule : rules().binary) {
    ASSERT_TRUE(expected["binary"].contains(rule.name)) << rule.name << kHowToAdd;
    const Tensor y = golden_list(expected["binary"][rule.name], {n, n});
    expect_close(rule.tensor(a, b), y, kRelative64, kAbsolute64, rule.name);
    const Tensor a32 = a.to(kFloat32), b32 = b.to(kFloat32);
    const Tensor from64 = rule.tensor(a32.to(kFloat64), b32.to(kFloat64)).to(kFloat32);
    expect_close(rule.tensor(a32, b32), from64, kRelative32, kAbsolute32, rule.name + ", float32");
  }
  for (const ComparisonRule& rule : rules().comparison) {
    ASSERT_TRUE(expected["binary"].contains(rule.name)) << rule.name << kHowToAdd;
    const Tensor y = golden_list(expected["binary"][rule.name], {n, n}).to(kBool);
    expect_same_bits(rule.tensor(a, b), y, rule.name);
    const Tensor a32 = a.to(kFloat32), same = rule.tensor(a32, b.to(kFloat32).to(kFloat64));
    expect_same_bits(same, y, rule.name + ", float32 with float64");
  }
}

TEST(Elementwise, IntegersStayIntegersWhereTheRuleSaysSo) {
  const auto expected = golden("elementwise");
  const auto n = static_cast<std::int64_t>(expected["ints"].size());
  const Tensor x = golden_list(expected["ints"], {n}).to(kInt64);
  const Tensor a = x.reshape({n, 1}), b = x.reshape({1, n});
  const auto check = [&](const std::string& name, const Tensor& y) {
    ASSERT_TRUE(expected["int64"].contains(name)) << name << kHowToAdd;
    expect_same_bits(y, golden_list(expected["int64"][name], y.shape()).to(y.dtype()), name);
  };
  for (const UnaryRule& rule : rules().unary) {
    if (rule.domain != Domain::kNumeric) {
      EXPECT_EQ(rule.tensor(x).dtype(), kFloat32) << rule.name;
      continue;
    }
    EXPECT_EQ(rule.tensor(x).dtype(), kInt64) << rule.name;
    check(rule.name, rule.tensor(x));
  }
  for (const BinaryRule& rule : rules().binary) {
    if (rule.domain != Domain::kNumeric) continue;
    check(rule.name, rule.tensor(a, restricts_whole_numbers(rule.name) ? abs(b) + 1 : b));
  }
  for (const ComparisonRule& rule : rules().comparison) check(rule.name, rule.tensor(a, b));
}

TEST(Elementwise, LargeIntegersKeepTheirDigits) {
  const std::int64_t big = (std::int64_t{1} << 53) + 1;  // not a float64
  Tensor x = Tensor::empty({1}, kInt64);
  x.data<std::int64_t>()[0] = big;
  EXPECT_EQ((x + 2).data<std::int64_t>()[0], big + 2);
  EXPECT_EQ((x * 3).data<std::int64_t>()[0], big * 3);
  EXPECT_EQ((-x).data<std::int64_t>()[0], -big);
  EXPECT_EQ(maximum(x, x - 1).data<std::int64_t>()[0], big);
  EXPECT_EQ((x == x - 1).item(), 0);
}

using ElementwiseShapes = EveryDevice;

TEST_P(ElementwiseShapes, BroadcastingIsThatOfNumPy) {
  Generator generator(1);
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{}, {}},
      {{3}, {}},
      {{}, {2, 3}},
      {{4, 3}, {3}},
      {{4, 3}, {4, 1}},
      {{4, 1}, {1, 3}},
      {{2, 1, 3}, {4, 1}},
      {{0, 3}, {3}},
      {{0, 3}, {1, 1}},
      {{1}, {0}},
      {{2, 0}, {2, 1}},
      {{1, 1, 1}, {5}},
      {{2, 1, 2, 1, 2, 1, 2, 1}, {1, 3, 1, 3, 1, 3, 1, 3}},
      {{3, 17}, {1, 17}},
      {{33, 1}, {33, 40}}};
  for (const auto& [sa, sb] : pairs) {
    const Tensor a = normal(sa, 0, 1, generator), b = normal(sb, 0, 1, generator);
    const Tensor y = (a - b).to(kCpu);
    Shape expected = sa.rank() >= sb.rank() ? sa : sb;
    const Shape& other = sa.rank() >= sb.rank() ? sb : sa;
    for (int i = 1; i <= other.rank(); ++i) {
      auto& size = expected[expected.rank() - i];
      if (size == 1) size = other[other.rank() - i];
    }
    ASSERT_EQ(y.shape(), expected);
    // Element by element with indices worked out here.
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const auto element = [&](const Tensor& x) {
        std::int64_t rest = i;
        Tensor at = x;
        Dims index = Dims::filled(y.rank(), 0);
        for (int axis = y.rank() - 1; axis >= 0; --axis) {
          index[axis] = rest % y.shape()[axis];
          rest /= y.shape()[axis];
        }
        for (int axis = y.rank() - x.rank(); axis < y.rank(); ++axis) {
          at = at.select(0, at.dim(0) == 1 ? 0 : index[axis]);
        }
        return static_cast<float>(at.item());
      };
      ASSERT_EQ(y.data<float>()[i], element(a) - element(b))
          << to_string(sa) << " - " << to_string(sb) << " at " << position(i, y.shape());
    }
  }
}

TEST_P(ElementwiseShapes, EveryRuleTakesEmptyAndScalarTensors) {
  for (const UnaryRule& rule : rules().unary) {
    EXPECT_EQ(rule.tensor(zeros({0})).shape(), (Shape{0})) << rule.name;
    EXPECT_EQ(rule.tensor(zeros({3, 0, 2})).shape(), (Shape{3, 0, 2})) << rule.name;
    EXPECT_EQ(rule.tensor(ones({})).shape(), (Shape{})) << rule.name;
    EXPECT_EQ(rule.tensor(ones({1, 1, 1, 1, 1, 1, 1, 1})).rank(), 8) << rule.name;
  }
  for (const BinaryRule& rule : rules().binary) {
    EXPECT_EQ(rule.tensor(zeros({0, 2}), ones({2})).shape(), (Shape{0, 2})) << rule.name;
    EXPECT_EQ(rule.tensor(ones({}), ones({})).shape(), (Shape{})) << rule.name;
  }
}

TEST_P(ElementwiseShapes, MoreThanAMillionElementsAreAllComputed) {
  const std::int64_t n = (std::int64_t{1} << 20) + 13;
  const Tensor x = arange(n), row = arange(1021), y = (square(x) + 1).to(kCpu);
  const Tensor z = (x.slice(0, {0, 1021 * 1000}).reshape({1000, 1021}) * 2 - row).to(kCpu);
  same_on_all_threads([&] { return square(x) + 1; });
  for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(y.data<std::int64_t>()[i], i * i + 1);
  for (std::int64_t i = 0; i < z.numel(); ++i) {
    ASSERT_EQ(z.data<std::int64_t>()[i], 2 * i - i % 1021);
  }
}

TEST_P(ElementwiseShapes, OperandsAreNotChanged) {
  const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({5, 6});
  (void)(a.transpose() / b);
  EXPECT_EQ(a.to_vector(), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(b.to_vector(), (std::vector<double>{5, 6}));
}

GRADUS_ON_EVERY_DEVICE(ElementwiseShapes);

TEST(Where, TakesFromEitherSideAndBroadcasts) {
  const Tensor cond = tensor({1, 0, 1}, kBool), a = tensor({1, 2}).reshape({2, 1}),
               b = tensor({7, 8, 9});
  EXPECT_EQ(where(cond, a, b).to_vector(), (std::vector<double>{1, 8, 1, 2, 8, 2}));
  EXPECT_EQ(where(cond, a, NAN).select(1, 0).to_vector(), (std::vector<double>{1, 2}));
  EXPECT_EQ(where(cond, tensor({1, 2, 3}, kInt64), 0).dtype(), kInt64);
  EXPECT_EQ(where(cond, a, 0.5).dtype(), kFloat32);
  EXPECT_EQ(where(zeros({0}, kBool), a, b.slice(0, {0, 1})).shape(), (Shape{2, 0}));
}

TEST(Where, DoesNotMixNaNOfTheOtherSideIn) {
  const Tensor y = where(tensor({1, 0}, kBool), tensor({1, NAN}), tensor({NAN, 2}));
  EXPECT_EQ(y.to_vector(), (std::vector<double>{1, 2}));
}

}  // namespace
}  // namespace gradus::testing
