#include "tensor/construct.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "tests/support/cases.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

constexpr std::int64_t kOdd = (std::int64_t{1} << 53) + 1;  // not a double

DType dtype_named(const std::string& text) {
  for (DType dtype : kAllDTypes) {
    if (name(dtype) == text) return dtype;
  }
  throw std::runtime_error("no dtype " + text);
}

Tensor call(const std::string& function, const nlohmann::json& a, DType dtype) {
  const auto whole = [&](int i) { return a[i].get<std::int64_t>(); };
  const auto number = [&](int i) { return a[i].get<double>(); };
  if (function == "arange") {
    return a[2].is_number_integer() ? arange(whole(0), whole(1), whole(2), dtype)
                                    : arange(number(0), number(1), number(2), dtype);
  }
  if (function == "linspace") return linspace(number(0), number(1), whole(2), dtype);
  if (function == "logspace") return logspace(number(0), number(1), whole(2), number(3), dtype);
  if (function == "eye") return eye(whole(0), whole(1), dtype);
  Shape shape;
  for (std::size_t i = 0; i + 1 < a.size(); ++i) shape.push_back(whole(static_cast<int>(i)));
  return full(shape, whole(shape.rank()), dtype);
}

// Spacing of the numbers at 1.
double spacing(DType dtype) {
  return dtype == kFloat64    ? 0x1p-52
         : dtype == kFloat32  ? 0x1p-23
         : dtype == kFloat16  ? 0x1p-10
         : dtype == kBFloat16 ? 0x1p-7
                              : 0;
}

TEST(Construct, NumbersAreThoseOfPyTorch) {
  std::map<std::string, int> count;
  for (const auto& c : golden("construct")) {
    const std::string function = c.at("function");
    const DType dtype = dtype_named(c.at("dtype"));
    const std::string what = function + c.at("args").dump() + " " + std::string(name(dtype));
    const Tensor x = call(function, c.at("args"), dtype);
    const nlohmann::json& values = c.at("out").at("values");
    ++count[function];
    ASSERT_EQ(x.dtype(), dtype) << what;
    ASSERT_EQ(x.shape(), golden_shape(c.at("out").at("shape"))) << what;
    EXPECT_TRUE(x.is_contiguous());
    if (!is_floating(dtype)) {  // never through double
      std::vector<std::int64_t> expected;
      for (const auto& v : values) expected.push_back(v.get<std::int64_t>());
      EXPECT_EQ(x.to_vector<std::int64_t>(), expected) << what;
      continue;
    }
    // PyTorch may round start + i step once less; 2 units at the largest number, as its ends may
    // cancel, and 4 of a double for pow().
    const bool exact =
        function == "eye" || function == "full" || c.at("args")[2].is_number_integer();
    const double units = function == "logspace" ? 4 : function == "arange" && exact ? 0 : 2;
    double largest = 0;
    for (const auto& v : values) largest = std::max(largest, std::fabs(golden_number(v)));
    expect_close(x, golden_tensor(c.at("out")), 0,
                 function == "eye" || function == "full" ? 0 : units * spacing(dtype) * largest,
                 what);
  }
  for (const char* function : {"arange", "linspace", "logspace", "eye", "full"}) {
    EXPECT_GE(count[function], 40) << function;
  }
}

TEST(Construct, LikeFunctionsAreThoseOfPyTorch) {
  check_cases("zeros_like", [](const Case& c) { return zeros_like(c.in[0]); });
  check_cases("ones_like", [](const Case& c) { return ones_like(c.in[0]); });
  check_cases("full_like", [](const Case& c) { return full_like(c.in[0], c.integer("value")); });
}

TEST(Construct, LikeFunctionsTakeAnotherDtype) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(empty_like(x).shape(), x.shape());
  EXPECT_EQ(empty_like(x, kUInt8).dtype(), kUInt8);
  EXPECT_EQ(zeros_like(x, kInt64).dtype(), kInt64);
  EXPECT_EQ(ones_like(x, kBool).dtype(), kBool);
  EXPECT_EQ(full_like(x, kOdd, kInt64).slice(0, {0, 1}).to_vector<std::int64_t>(),
            std::vector<std::int64_t>(3, kOdd));
}

TEST(Construct, DefaultDtypesFollowTheArguments) {
  EXPECT_EQ(arange(3).dtype(), kInt64);
  EXPECT_EQ(arange(0, 3).dtype(), kInt64);
  EXPECT_EQ(arange(2.5).dtype(), kFloat32);
  EXPECT_EQ(arange(2.5).to_vector(), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(arange(0, 3, 0.5).dtype(), kFloat32);
  EXPECT_EQ(arange(3, kUInt8).dtype(), kUInt8);
  EXPECT_EQ(full({2}, 3).dtype(), kFloat32);
  EXPECT_EQ(eye(2).dtype(), kFloat32);
  EXPECT_EQ(linspace(0, 1, 2).dtype(), kFloat32);
}

TEST(Construct, LinspaceEndsAreExact) {
  for (std::int64_t steps : {2, 3, 7, 1000}) {
    const std::vector<double> x = linspace(0.1, 0.7, steps, kFloat64).to_vector();
    EXPECT_EQ(x.front(), 0.1);
    EXPECT_EQ(x.back(), 0.7);
  }
}

TEST(NestedLists, KeepWholeNumbersExactly) {
  EXPECT_EQ(tensor({{kOdd, -kOdd}, {INT64_MIN, INT64_MAX}}, kInt64).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{kOdd, -kOdd, INT64_MIN, INT64_MAX}));
  EXPECT_EQ(tensor(kOdd, kInt64).item<std::int64_t>(), kOdd);
  EXPECT_EQ(tensor({1, 2}).dtype(), kFloat32);
  EXPECT_EQ(tensor({1, 2.5}).to_vector(), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(tensor({0, 2, true, 0.5}, kBool).to_vector(), (std::vector<double>{0, 1, 1, 1}));
  EXPECT_EQ(tensor({}).shape(), (Shape{0}));
  EXPECT_EQ(tensor({18446744073709551615u}).item(), 0x1p64f);  // rounds in float32
}

TEST(Items, AreExactInEveryType) {
  EXPECT_EQ(full({1, 1}, kOdd, kInt64).item<std::int64_t>(), kOdd);
  EXPECT_EQ(tensor(200, kUInt8).item<std::uint8_t>(), 200);
  EXPECT_EQ(tensor(2.75).item<std::int32_t>(), 2);
  EXPECT_EQ(tensor(2.75).item<float>(), 2.75f);
  EXPECT_TRUE(tensor(-3).item<bool>());
  EXPECT_EQ(static_cast<float>(tensor(1.5, kBFloat16).item<BFloat16>()), 1.5f);
  EXPECT_EQ(arange(6).reshape({2, 3}).transpose().to_vector<std::int32_t>(),
            (std::vector<std::int32_t>{0, 3, 1, 4, 2, 5}));
  EXPECT_TRUE(zeros({0}).to_vector<float>().empty());
  expect_throws_text<DTypeError>(
      [] { tensor(300).item<std::uint8_t>(); },
      "[item] x: 300 at [] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  expect_throws_text<ShapeError>([] { zeros({2}).item<float>(); },
                                 "[item] x: shape [2]; expected exactly one element");
}

TEST(FromMemory, CopiesElementsWithAnyStrides) {
  float values[] = {0, 1, 2, 3, 4, 5};
  const Tensor x = from_memory(values, {2, 3});
  const Tensor columns = from_memory(values, {3, 2}, {1, 3});
  const Tensor backwards = from_memory(values + 5, {3}, {-2});
  const Tensor repeated = from_memory(values + 1, {2, 2}, {0, 0});
  values[0] = values[1] = values[5] = 9;
  EXPECT_EQ(x.to_vector(), (std::vector<double>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(columns.to_vector(), (std::vector<double>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(backwards.to_vector(), (std::vector<double>{5, 3, 1}));
  EXPECT_EQ(repeated.to_vector(), (std::vector<double>{1, 1, 1, 1}));
  const BFloat16 half[] = {BFloat16(1.5f)};
  EXPECT_EQ(from_memory(half, {1}).dtype(), kBFloat16);
  EXPECT_EQ(from_memory<float>(nullptr, {0, 3}).shape(), (Shape{0, 3}));
}

TEST(Borrow, SharesTheMemoryOfTheCaller) {
  std::vector<double> values = {1, 2, 3, 4};
  int calls = 0;
  {
    Tensor view;
    {
      const Tensor x = borrow(values.data(), {2, 2}, [&] { ++calls; });
      EXPECT_EQ(x.data<double>(), values.data());
      x.select(0, 1).fill(7);
      values[0] = 5;
      view = x.transpose();
      EXPECT_EQ(view.to_vector(), (std::vector<double>{5, 7, 2, 7}));
    }
    EXPECT_EQ(calls, 0);
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(values, (std::vector<double>{5, 2, 7, 7}));
  EXPECT_EQ(borrow(values.data(), {4}).to_vector()[3], 7);  // no deleter
}

TEST(Construct, ErrorsNameFunctionAndArgument) {
  const auto step = [](const std::string& arguments) {
    return "[arange] start, stop, step: " + arguments +
           "; expected a step other than 0 that leads from start to stop";
  };
  expect_throws_text<ConfigError>([] { arange(0, 5, 0); }, step("0, 5, 0"));
  expect_throws_text<ConfigError>([] { arange(0, 5, -1); }, step("0, 5, -1"));
  expect_throws_text<ConfigError>([] { arange(5, 0); }, step("5, 0, 1"));
  expect_throws_text<ConfigError>([] { arange(0, 5, -0.5); }, step("0, 5, -0.5"));
  expect_throws_text<ConfigError>([] { arange(0.0, NAN); },
                                  "[arange] start, stop, step: 0, nan, 1; expected finite numbers");
  expect_throws_text<ShapeError>([] { arange(-1); }, "[arange] shape: [-1]; expected sizes >= 0");
  expect_throws_text<ShapeError>(
      [] { arange(0.0, 1e300); },
      "[arange] shape: [9223372036854775807]; expected fewer than 2^60 elements");
  expect_throws_text<ShapeError>(
      [] { arange(INT64_MIN, INT64_MAX); },
      "[arange] shape: [9223372036854775807]; expected fewer than 2^60 elements");
  expect_throws_text<DTypeError>(
      [] { arange(0, 300, 1, kUInt8); },
      "[arange] x: 256 at [256] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  expect_throws_text<ConfigError>([] { linspace(0, INFINITY, 3); },
                                  "[linspace] start, stop: 0, inf; expected finite numbers");
  expect_throws_text<ShapeError>([] { linspace(0, 1, -1); },
                                 "[linspace] shape: [-1]; expected sizes >= 0");
  expect_throws_text<ConfigError>([] { logspace(NAN, 1, 3); },
                                  "[logspace] start, stop: nan, 1; expected finite numbers");
  expect_throws_text<ShapeError>([] { eye(3, -1); }, "[eye] shape: [3, -1]; expected sizes >= 0");
  expect_throws_text<ShapeError>([] { full({2}, zeros({2})); },
                                 "[full] value: shape [2]; expected exactly one element");
  expect_throws_text<DTypeError>(
      [] { full({2}, 300, kUInt8); },
      "[full] x: 300 at [] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  expect_throws_text<ShapeError>([] { zeros({2}).fill(zeros({2})); },
                                 "[fill] value: shape [2]; expected exactly one element");
  expect_throws_text<DTypeError>(
      [] {
        tensor({1, -1}, kUInt8);
      },
      "[tensor] x: -1 at [1] has no uint8; expected 0..255; use clamp, or Cast::kWrap");
  expect_throws_text<ConfigError>(
      [] { from_memory<float>(nullptr, {2}); },
      "[from_memory] data: null; expected the address of the first element");
  const float one[] = {1, 2};
  expect_throws_text<ShapeError>(
      [&] {
        from_memory(one, {2}, {1, 1});
      },
      "[from_memory] strides: [1, 1]; expected 1, one for each axis of [2]");
  expect_throws_text<ConfigError>([] { borrow<float>(nullptr, {2}); },
                                  "[borrow] data: null; expected the address of the first element");
  alignas(8) std::byte bytes[16] = {};
  expect_throws_text<ConfigError>(
      [&] { borrow(reinterpret_cast<float*>(bytes + 1), {2}); },
      "[borrow] data: an address that is no multiple of 4; expected one aligned for float32; "
      "from_memory copies any");
}

}  // namespace
}  // namespace gradus::testing
