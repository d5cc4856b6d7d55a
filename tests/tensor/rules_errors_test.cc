// What element-wise rules say about operands and parameters that they do not take: whole texts.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/close.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

const std::string kUndefined =
    ": undefined tensor; expected one with elements; was it default constructed?";

TEST(RulesErrors, OfUndefinedTensorsNameTheArgument) {
  const Tensor none = Tensor(), x = ones({2}), n = ones({2}, kInt64);
  for (const TernaryRule& rule : rules().ternary) {
    const std::string op = "[" + rule.name + "] ";
    expect_throws_text<Error>([&] { rule.tensor(none, x, x); }, op + "a" + kUndefined);
    expect_throws_text<Error>([&] { rule.tensor(x, none, x); }, op + "b" + kUndefined);
    expect_throws_text<Error>([&] { rule.tensor(x, x, none); }, op + "c" + kUndefined);
  }
  for (const PredicateRule& rule : rules().predicate) {
    expect_throws_text<Error>([&] { rule.tensor(none); }, "[" + rule.name + "] x" + kUndefined);
  }
  for (const IntegralRule& rule : rules().integral) {
    const std::string op = "[" + rule.name + "] ";
    expect_throws_text<Error>([&] { rule.tensor(none, n); }, op + "a" + kUndefined);
    expect_throws_text<Error>([&] { rule.tensor(n, none); }, op + "b" + kUndefined);
  }
  expect_throws_text<Error>([&] { array_equal(none, x); }, "[array_equal] a" + kUndefined);
  expect_throws_text<Error>([&] { array_equal(x, none); }, "[array_equal] b" + kUndefined);
  expect_throws_text<Error>([&] { allclose(none, x); }, "[isclose] a" + kUndefined);
}

TEST(RulesErrors, OfDTypesOutsideTheDomain) {
  const Tensor flags = ones({2}, kBool), x = ones({2});
  for (const BinaryRule& rule : rules().binary) {
    if (rule.domain != Domain::kNumeric) continue;
    expect_throws_text<DTypeError>(
        [&] { rule.tensor(flags, flags); },
        "[" + rule.name + "] a, b: bool; expected numbers; convert with to(kInt64)");
  }
  for (const TernaryRule& rule : rules().ternary) {
    if (rule.domain != Domain::kNumeric) continue;
    expect_throws_text<DTypeError>(
        [&] { rule.tensor(flags, flags, flags); },
        "[" + rule.name + "] a, b, c: bool; expected numbers; convert with to(kInt64)");
  }
  for (const IntegralRule& rule : rules().integral) {
    expect_throws_text<DTypeError>(
        [&] { rule.tensor(x, flags); },
        "[" + rule.name + "] a, b: float32; expected whole numbers or bool");
  }
  expect_throws_text<DTypeError>([] { bitwise_not(ones({2}, kBFloat16)); },
                                 "[bitwise_not] x: bfloat16; expected whole numbers or bool");
}

TEST(RulesErrors, OfShapesThatDoNotBroadcast) {
  const Tensor two = ones({2}), three = ones({3});
  const std::string hint = "; expected equal sizes, or 1 (use reshape to line axes up)";
  for (const TernaryRule& rule : rules().ternary) {
    const std::string op = "[" + rule.name + "] ";
    expect_throws_text<ShapeError>(
        [&] { rule.tensor(two, three, two); },
        op + "a is [2] and b is [3]: sizes 2 and 3 of axis -1 differ" + hint);
    expect_throws_text<ShapeError>(
        [&] { rule.tensor(two, two, three); },
        op + "a with b is [2] and c is [3]: sizes 2 and 3 of axis -1 differ" + hint);
  }
  for (const IntegralRule& rule : rules().integral) {
    expect_throws_text<ShapeError>(
        [&] { rule.tensor(two.to(kInt64), three.to(kInt64)); },
        "[" + rule.name + "] a is [2] and b is [3]: sizes 2 and 3 of axis -1 differ" + hint);
  }
  expect_throws_text<ShapeError>(
      [&] { allclose(two, three); },
      "[isclose] a is [2] and b is [3]: sizes 2 and 3 of axis -1 differ" + hint);
}

TEST(RulesErrors, OfDivisionsOfWholeNumbersByZeroNameThePlace) {
  const Tensor a = tensor({7, 8}, kInt32), b = tensor({{3, 1}, {0, 0}}, kInt32);
  const auto text = [](const std::string& op, const std::string& place) {
    return "[" + op + "] b: 0 at [" + place +
           "]; expected other divisors for whole numbers; convert with to(kFloat32)";
  };
  expect_throws_text<DTypeError>([&] { floor_divide(a, b); }, text("floor_divide", "1, 0"));
  expect_throws_text<DTypeError>([&] { remainder(a, b.transpose()); }, text("remainder", "0, 1"));
  expect_throws_text<DTypeError>([&] { fmod(a, 0); }, text("fmod", ""));
  expect_throws_text<DTypeError>([&] { (void)(a % zeros({2}, kBool)); }, text("remainder", "0"));
  // Even if there is nothing to divide, as the shape of b alone decides.
  EXPECT_EQ(floor_divide(a, zeros({0, 1}, kInt32)).shape(), (Shape{0, 2}));
  EXPECT_TRUE(std::isnan(remainder(2.0, Tensor(0.0)).item()));
}

TEST(RulesErrors, OfNegativeExponentsOfWholeNumbers) {
  const std::string hint = "; expected exponents >= 0 for whole numbers; convert with to(kFloat32)";
  const Tensor a = tensor({7, 8}, kInt64);
  expect_throws_text<DTypeError>([&] { pow(a, -1); }, "[pow] b: -1 at []" + hint);
  expect_throws_text<DTypeError>(
      [&] {
        pow(a, tensor({2, -3}, kInt64));
      },
      "[pow] b: -3 at [1]" + hint);
  EXPECT_EQ(pow(a, -1.0).to_vector()[1], 0.125);
}

TEST(RulesErrors, OfParametersNameThem) {
  const Tensor x = ones({2});
  expect_throws_text<ConfigError>([&] { celu(x, {.alpha = 0}); },
                                  "[celu] alpha: 0; expected another number");
  expect_throws_text<ConfigError>([&] { hardtanh(x, {.min_value = 2}); },
                                  "[hardtanh] min_value: 2; expected at most max_value, 1");
  expect_throws_text<ConfigError>([&] { hardtanh(x, {.min_value = 0, .max_value = NAN}); },
                                  "[hardtanh] min_value: 0; expected at most max_value, nan");
  expect_throws_text<ConfigError>([&] { softshrink(x, {.lambd = -1}); },
                                  "[softshrink] lambd: -1; expected >= 0");
  expect_throws_text<ConfigError>([&] { polygamma(x, {.n = -1}); },
                                  "[polygamma] n: -1; expected 0..100");
  expect_throws_text<ConfigError>([&] { polygamma(x, {.n = 101}); },
                                  "[polygamma] n: 101; expected 0..100");
  expect_throws_text<ConfigError>([&] { isclose(x, x, {.rtol = -1}); },
                                  "[isclose] rtol: -1; expected a number >= 0");
  expect_throws_text<ConfigError>([&] { allclose(x, x, {.atol = NAN}); },
                                  "[isclose] atol: nan; expected a number >= 0");
}

}  // namespace
}  // namespace gradus::testing
