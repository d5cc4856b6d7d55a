#include <gtest/gtest.h>

#include <sstream>

#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

DType dtype_named(const std::string& text) {
  for (DType dtype : kAllDTypes) {
    if (name(dtype) == text) return dtype;
  }
  throw std::runtime_error("no dtype " + text);
}

Tensor tensor_of(const nlohmann::json& c) {
  const Shape shape = golden_shape(c.at("shape"));
  const DType dtype = dtype_named(c.at("dtype"));
  if (!c.contains("values")) {
    return (arange(numel(shape), kFloat64) * c.at("factor").get<double>()).to(dtype).reshape(shape);
  }
  if (is_floating(dtype)) return from_values(golden_numbers(c.at("values")), shape, dtype);
  std::vector<std::int64_t> values;  // without the way through double
  for (const auto& v : c.at("values")) {
    values.push_back(v.is_boolean() ? v.get<bool>() : v.get<std::int64_t>());
  }
  return from_memory(values.data(), shape).to(dtype);
}

PrintOptions options_of(const nlohmann::json& c) {
  PrintOptions options;
  if (!c.contains("options")) return options;
  const nlohmann::json& o = c.at("options");
  options.precision = o.value("precision", options.precision);
  options.edge_items = o.value("edgeitems", options.edge_items);
  options.threshold = o.value("threshold", options.threshold);
  options.linewidth = o.value("linewidth", options.linewidth);
  if (o.contains("sci_mode")) options.sci_mode = o.at("sci_mode").get<bool>();
  return options;
}

TEST(Print, TextsAreThoseOfPyTorch) {
  for (const auto& c : golden("print")) {
    EXPECT_EQ(to_string(tensor_of(c), options_of(c)), c.at("text").get<std::string>())
        << c.at("dtype") << " " << c.at("shape");
  }
}

TEST(Print, OptionsChangeDigitsAndEdges) {
  EXPECT_EQ(to_string(tensor({0.123456, 1}), {.precision = 2}), "tensor([0.12, 1.00])");
  EXPECT_EQ(to_string(arange(10), {.edge_items = 2, .threshold = 5}), "tensor([0, 1,  ..., 8, 9])");
}

TEST(Print, StridedTensorsPrintTheirElements) {
  EXPECT_EQ(to_string(arange(4).reshape({2, 2}).transpose()), "tensor([[0, 2],\n        [1, 3]])");
}

TEST(Print, ViewsOfAllKindsPrintLikeTheirCopies) {
  const Tensor x = arange(24, kFloat64).reshape({2, 3, 4});
  for (const Tensor& view : {x.transpose(), x.slice(2, {None, None, -2}), x.select(1, -1),
                             x.unsqueeze(0).expand({2, 2, 3, 4}), x.slice(0, {0, 0})}) {
    EXPECT_EQ(to_string(view), to_string(view.clone()));
    const PrintOptions few{.edge_items = 1, .threshold = 3};
    EXPECT_EQ(to_string(view, few), to_string(view.clone(), few));
  }
}

TEST(Print, LargeTensorsAreShortenedWithoutVisitingAllElements) {
  const Tensor x = zeros({1}).expand({1 << 20, 1 << 20});
  EXPECT_EQ(to_string(x, {.edge_items = 1}),
            "tensor([[0.,  ..., 0.],\n        ...,\n        [0.,  ..., 0.]])");
}

TEST(Print, DescribesTensorsInOneLine) {
  EXPECT_EQ(describe(zeros({3, 4}).transpose()), "float32 [4, 3] strides [1, 4]");
  EXPECT_EQ(describe(zeros({}, kBFloat16)), "bfloat16 [] strides []");
  EXPECT_EQ(describe(Tensor()), "undefined tensor");
}

TEST(Print, RefusesOptionsThatMakeNoSense) {
  const Tensor x = arange(3);
  expect_throws_text<ConfigError>([&] { to_string(x, {.precision = -1}); },
                                  "[to_string] precision: -1; expected 0..100");
  expect_throws_text<ConfigError>([&] { to_string(x, {.edge_items = -1}); },
                                  "[to_string] edge_items: -1; expected 0..1048576");
  expect_throws_text<ConfigError>([&] { to_string(x, {.threshold = -1}); },
                                  "[to_string] threshold: -1; expected 0..9223372036854775807");
  expect_throws_text<ConfigError>([&] { to_string(x, {.linewidth = 0}); },
                                  "[to_string] linewidth: 0; expected 1..1048576");
}

TEST(Print, GoesToStreams) {
  std::ostringstream out;
  out << tensor({1, 2}) << Tensor() << Shape{2, 3};
  EXPECT_EQ(out.str(), "tensor([1., 2.])tensor(undefined)[2, 3]");
}

}  // namespace
}  // namespace gradus::testing
