// Whole texts of what is thrown for arguments that do not fit.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tensor/elementwise_all.h"
#include "tensor/error.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

TEST(Errors, OfWrongShapesNameSizesAndAxis) {
  const Tensor a = ones({3, 4}), b = ones({3});
  expect_throws_text<ShapeError>([&] { (void)(a + b); },
                                 "[add] a is [3, 4] and b is [3]: sizes 4 and 3 of axis -1 differ; "
                                 "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] {
        (void)(ones({2, 4}) * a);
      },
      "[mul] a is [2, 4] and b is [3, 4]: sizes 2 and 3 of axis -2 "
      "differ; expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] { (void)(b < a); },
      "[less] a is [3] and b is [3, 4]: sizes 3 and 4 of axis -1 differ; "
      "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] {
        a.reshape({4, 4});
      },
      "[reshape] shape: [4, 4] has 16 elements; expected 12, the number "
      "in [3, 4]");
  expect_throws_text<ShapeError>(
      [&] {
        a.reshape({5, -1});
      },
      "[reshape] shape: [5, -1] has no size for -1; expected 12 "
      "elements, the number in [3, 4]");
  expect_throws_text<ShapeError>(
      [&] {
        a.reshape({-1, -1});
      },
      "[reshape] shape: [-1, -1]; expected sizes >= 0 and at most one "
      "-1");
  expect_throws_text<ShapeError>([&] { a.reshape({-2}); },
                                 "[reshape] shape: [-2]; expected sizes >= 0 and at most one -1");
  expect_throws_text<ShapeError>(
      [&] {
        zeros({0, 3}).reshape({0, -1});
      },
      "[reshape] shape: [0, -1] has no size for -1; expected 0 "
      "elements, the number in [0, 3]");
  expect_throws_text<ShapeError>(
      [&] {
        a.expand({3, 5});
      },
      "[expand] shape: [3, 5]; expected one that [3, 4] broadcasts to");
  expect_throws_text<ShapeError>([&] { a.expand({4}); },
                                 "[expand] shape: [4]; expected one that [3, 4] broadcasts to");
  expect_throws_text<ShapeError>([&] { sum_to(a, {3}); },
                                 "[sum_to] shape: [3]; expected one that broadcasts to [3, 4]");
  expect_throws_text<ShapeError>(
      [&] { b.copy_from(a); },
      "[copy_from] x is [3] and source is [3, 4]: sizes 3 and 4 of axis -1 "
      "differ; expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] {
        ones({1, 4}).copy_from(a);
      },
      "[copy_from] source: shape [3, 4]; expected one that broadcasts "
      "to [1, 4]");
}

TEST(Errors, OfMatmulSayWhatTheyGuess) {
  expect_throws_text<ShapeError>(
      [&] {
        matmul(ones({32, 100}), ones({784, 10}));
      },
      "[matmul] a is [32, 100] and b is [784, 10]: inner sizes 100 and 784 differ");
  expect_throws_text<ShapeError>(
      [&] {
        matmul(ones({32, 100}), ones({10, 100}));
      },
      "[matmul] a is [32, 100] and b is [10, 100]: inner sizes 100 and "
      "10 differ (did you mean transpose(b)?)");
  expect_throws_text<ShapeError>(
      [&] {
        matmul(ones({2, 4, 3}), ones({3, 3, 2}));
      },
      "[matmul] a without its last two axes is [2] and b without them is [3]: sizes 2 and 3 of "
      "axis -1 differ; expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] { matmul(ones({2}), ones({})); },
      "[matmul] b: shape []; expected at least one axis; multiply with *");
  expect_throws_text<DTypeError>(
      [&] {
        matmul(ones({2, 2}), ones({2}, kBool));
      },
      "[matmul] b: bool; expected numbers; convert with to(kInt64)");
  expect_throws_text<DTypeError>(
      [&] {
        matmul(ones({2, 2}), ones({2}, kInt64));
      },
      "[matmul] a is float32 and b is int64; expected both whole or both floating; convert with "
      "to()");
}

TEST(Errors, OfAxesGiveTheirRange) {
  const Tensor x = ones({3, 4});
  expect_throws_text<IndexError>([&] { sum(x, 2); },
                                 "[sum] axis: 2; expected -2..1 for a tensor of shape [3, 4]");
  expect_throws_text<IndexError>([&] { max(x, -3); },
                                 "[max] axis: -3; expected -2..1 for a tensor of shape [3, 4]");
  expect_throws_text<IndexError>([&] { sum(ones({}), 1); },
                                 "[sum] axis: 1; expected -1..0 for a tensor of shape []");
  expect_throws_text<ConfigError>(
      [&] {
        mean(x, {0, -2});
      },
      "[mean] axes: [0, -2] names an axis twice; expected each at most "
      "once");
  expect_throws_text<IndexError>([&] { ones({3}).transpose(); },
                                 "[transpose] axis: -2; expected -1..0 for a tensor of shape [3]");
  expect_throws_text<IndexError>([&] { x.slice(5, {}); },
                                 "[slice] axis: 5; expected -2..1 for a tensor of shape [3, 4]");
  expect_throws_text<ConfigError>(
      [&] {
        x.slice(0, {0, 3, 0});
      },
      "[slice] step: 0; expected a positive or a negative number");
  expect_throws_text<IndexError>([&] { x.select(1, 4); },
                                 "[select] index: 4; expected -4..3 for axis 1 of shape [3, 4]");
  expect_throws_text<IndexError>(
      [&] { x.unsqueeze(3); }, "[unsqueeze] axis: 3; expected -3..2 for a tensor of shape [3, 4]");
  expect_throws_text<IndexError>([&] { x.dim(2); },
                                 "[dim] axis: 2; expected -2..1 for a tensor of shape [3, 4]");
  expect_throws_text<ShapeError>(
      [&] { x.at({1}); }, "[at] index: 1 positions; expected 2 for a tensor of shape [3, 4]");
}

TEST(Errors, OfReductionsWithoutElements) {
  expect_throws_text<ShapeError>(
      [&] {
        max(zeros({0, 3}), 0);
      },
      "[max] x: shape [0, 3] has no elements along the reduced axes; "
      "expected at least one");
  expect_throws_text<ShapeError>([&] { min(zeros({0})); },
                                 "[min] x: shape [0] has no elements along the reduced axes; "
                                 "expected at least one");
}

TEST(Errors, OfRowNumbers) {
  const Tensor x = ones({3, 2});
  expect_throws_text<IndexError>(
      [&] {
        index_select(x, 0, tensor({0, 3}, kInt64));
      },
      "[index_select] index: 3 at [1]; expected -3..2 for axis 0 of shape [3, 2]");
  expect_throws_text<DTypeError>(
      [&] {
        index_select(x, 0, tensor({0, 1}));
      },
      "[index_select] index: float32; expected int64 or int32");
  expect_throws_text<ShapeError>(
      [&] {
        index_select(x, 0, zeros({1, 1}, kInt64));
      },
      "[index_select] index: shape [1, 1]; expected [n]");
  expect_throws_text<IndexError>(
      [&] { index_select(x, 2, zeros({1}, kInt64)); },
      "[index_select] axis: 2; expected -2..1 for a tensor of shape [3, 2]");
  expect_throws_text<ShapeError>(
      [&] {
        index_add(x, 0, zeros({2}, kInt64), ones({3, 2}));
      },
      "[index_add] source: shape [3, 2]; expected [2, 2]");
  expect_throws_text<DTypeError>(
      [&] {
        index_add(x, 0, zeros({2}, kInt64), ones({2, 2}, kFloat64));
      },
      "[index_add] source: float64; expected float32, the dtype of x");
}

TEST(Errors, OfDTypes) {
  const Tensor flags = ones({2}, kBool);
  for (const UnaryRule& rule : rules().unary) {
    if (rule.domain != Domain::kNumeric) continue;
    expect_throws_text<DTypeError>(
        [&] { rule.tensor(flags); },
        "[" + rule.name + "] x: bool; expected numbers; convert with to(kInt64)");
  }
  expect_throws_text<DTypeError>([&] { (void)(flags + flags); },
                                 "[add] a, b: bool; expected numbers; convert with to(kInt64)");
  expect_throws_text<DTypeError>(
      [&] { where(ones({2}), 1, 2); },
      "[where] cond: float32; expected bool, the result of a comparison");
  expect_throws_text<DTypeError>([&] { ones({2}).data<double>(); },
                                 "[data] T: float64; expected float32, the dtype of the tensor; "
                                 "convert with to()");
}

TEST(Errors, OfValuesThatADTypeCannotHold) {
  const auto refused = [](const Tensor& x, DType dtype, const std::string& text) {
    expect_throws_text<DTypeError>([&] { x.to(dtype); }, "[to] x: " + text);
  };
  refused(tensor({1, 300}, kInt64), kUInt8,
          "300 at [1] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  refused(tensor({{1}, {-1}}, kInt32), kUInt8,
          "-1 at [1, 0] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  refused(tensor({NAN}), kInt32,
          "nan at [0] has no int32; expected -2147483648..2147483647; use clamp, or Cast::kWrap");
  refused(tensor({9.3e18}, kFloat64), kInt64,
          "9.3e+18 at [0] has no int64; expected -9223372036854775808..9223372036854775807; "
          "use clamp, or Cast::kWrap");
  expect_throws_text<DTypeError>(
      [] { full({2}, 256, kUInt8); },
      "[full] x: 256 at [] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
}

TEST(Errors, OfMoreThanEightAxes) {
  const std::string text =
      "[shape] rank: more than 8 axes; expected at most 8; merge some with reshape";
  expect_throws_text<ShapeError>([] { zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}); }, text);
  expect_throws_text<ShapeError>([] { zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0); }, text);
}

TEST(Errors, OfImpossibleSizes) {
  const std::int64_t huge = std::int64_t{1} << 40;
  expect_throws_text<ShapeError>(
      [] {
        zeros({2, -1});
      },
      "[zeros] shape: [2, -1]; expected sizes >= 0");
  expect_throws_text<ShapeError>([] { Tensor::empty({-5}); },
                                 "[empty] shape: [-5]; expected sizes >= 0");
  expect_throws_text<ShapeError>([] { arange(-1); }, "[arange] shape: [-1]; expected sizes >= 0");
  expect_throws_text<ShapeError>(
      [&] {
        ones({huge, huge});
      },
      "[ones] shape: [1099511627776, 1099511627776]; expected fewer than "
      "2^60 elements");
  // A size of 0 does not hide that the strides overflow.
  expect_throws_text<ShapeError>(
      [&] {
        zeros({huge, huge, 0});
      },
      "[zeros] shape: [1099511627776, 1099511627776, 0]; expected fewer "
      "than 2^60 elements");
  expect_throws_text<ShapeError>(
      [&] {
        ones({1}).expand({huge, huge});
      },
      "[expand] shape: [1099511627776, 1099511627776]; expected fewer "
      "than 2^60 elements");
}

TEST(Errors, OfWritingIntoRepeatedElements) {
  expect_throws_text<ShapeError>(
      [] { zeros({1}).expand({4}).copy_from(arange(4)); },
      "[copy_from] x: axis 0 of shape [4] repeats one element (expand); expected elements of its "
      "own; use clone()");
}

TEST(Errors, OfAskingManyElementsForOneNumber) {
  expect_throws_text<ShapeError>([] { ones({2}).item(); },
                                 "[item] x: shape [2]; expected exactly one element");
  expect_throws_text<ShapeError>([] { ones({0}).item(); },
                                 "[item] x: shape [0]; expected exactly one element");
}

TEST(Errors, OfListsThatDoNotFitTheirShape) {
  expect_throws_text<ShapeError>(
      [] {
        from_values({1, 2, 3}, {2, 2});
      },
      "[from_values] values: 3 numbers; expected 4 for shape [2, 2]");
  expect_throws_text<ShapeError>(
      [] {
        tensor({{1, 2, 3}, {4, 5, 6, 7}});
      },
      "[tensor] values: lists of length 3 and 4 on axis 1; expected equal "
      "lengths");
}

TEST(Errors, OfUndefinedTensorsNameTheArgument) {
  const Tensor none = Tensor(), x = ones({2});
  const auto text = [](const std::string& op, const std::string& argument) {
    return "[" + op + "] " + argument +
           ": undefined tensor; expected one with elements; was it default constructed?";
  };
  for (const UnaryRule& rule : rules().unary) {
    expect_throws_text<Error>([&] { rule.tensor(none); }, text(rule.name, "x"));
  }
  for (const BinaryRule& rule : rules().binary) {
    expect_throws_text<Error>([&] { rule.tensor(none, x); }, text(rule.name, "a"));
    expect_throws_text<Error>([&] { rule.tensor(x, none); }, text(rule.name, "b"));
  }
  for (const ComparisonRule& rule : rules().comparison) {
    expect_throws_text<Error>([&] { rule.tensor(none, x); }, text(rule.name, "a"));
    expect_throws_text<Error>([&] { rule.tensor(x, none); }, text(rule.name, "b"));
  }
  const std::vector<std::pair<std::string, std::function<void()>>> calls = {
      {text("sum", "x"), [&] { sum(none); }},
      {text("mean", "x"), [&] { mean(none); }},
      {text("max", "x"), [&] { max(none); }},
      {text("matmul", "a"), [&] { matmul(none, x); }},
      {text("matmul", "b"), [&] { matmul(x, none); }},
      {text("where", "cond"), [&] { where(none, x, x); }},
      {text("where", "b"), [&] { where(x == x, x, none); }},
      {text("reshape", "x"), [&] { none.reshape({1}); }},
      {text("transpose", "x"), [&] { none.transpose(); }},
      {text("slice", "x"), [&] { none.slice(0, {}); }},
      {text("select", "x"), [&] { none.select(0, 0); }},
      {text("expand", "x"), [&] { none.expand({2}); }},
      {text("unsqueeze", "x"), [&] { none.unsqueeze(0); }},
      {text("clone", "x"), [&] { none.clone(); }},
      {text("to", "x"), [&] { none.to(kFloat64); }},
      {text("item", "x"), [&] { none.item(); }},
      {text("fill", "x"), [&] { none.fill(1); }},
      {text("copy_from", "x"), [&] { none.copy_from(x); }},
      {text("copy_from", "source"), [&] { x.copy_from(none); }},
      {text("index_select", "x"), [&] { index_select(none, 0, zeros({1}, kInt64)); }},
      {text("index_select", "index"), [&] { index_select(x, 0, none); }},
      {text("data", "x"), [&] { none.data<float>(); }},
      {text("zeros_like", "x"), [&] { zeros_like(none); }},
      {text("ones_like", "x"), [&] { ones_like(none); }},
      {text("sum_to", "x"), [&] { sum_to(none, {}); }},
      {text("bitwise_equal", "a"), [&] { bitwise_equal(none, x); }},
      {text("bitwise_equal", "b"), [&] { bitwise_equal(x, none); }},
  };
  for (const auto& [expected, call] : calls) expect_throws_text<Error>(call, expected);
}

TEST(Errors, AreAllGradusErrors) {
  EXPECT_THROW(throw ShapeError("x"), Error);
  EXPECT_THROW(throw DTypeError("x"), Error);
  EXPECT_THROW(throw DeviceError("x"), Error);
  EXPECT_THROW(throw IndexError("x"), Error);
  EXPECT_THROW(throw AutogradError("x"), Error);
  EXPECT_THROW(throw IoError("x"), Error);
  EXPECT_THROW(throw ConfigError("x"), std::runtime_error);
}

TEST(Errors, ToTextNamesANumberInFewDigits) {
  EXPECT_EQ(to_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(to_text(0.5), "0.5");
  EXPECT_EQ(to_text(1e-8), "1e-08");
  EXPECT_EQ(to_text(NAN), "nan");
  EXPECT_EQ(to_text(0.1 + 0.2), "0.30000000000000004");
}

}  // namespace
}  // namespace gradus::testing
