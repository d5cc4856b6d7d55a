#include <gtest/gtest.h>

#include <sstream>

#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

DType dtype_named(const std::string& text) {
  for (DType dtype : {kBool, kInt64, kFloat32, kFloat64}) {
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
  if (dtype != kInt64) return from_values(golden_numbers(c.at("values")), shape, dtype);
  Tensor x = Tensor::empty(shape, kInt64);  // without the way through double
  for (std::size_t i = 0; i < c.at("values").size(); ++i) {
    x.data<std::int64_t>()[i] = c.at("values")[i].get<std::int64_t>();
  }
  return x;
}

TEST(Print, TextsAreThoseOfPyTorch) {
  for (const auto& c : golden("print")) {
    EXPECT_EQ(to_string(tensor_of(c)), c.at("text").get<std::string>())
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

TEST(Print, GoesToStreams) {
  std::ostringstream out;
  out << tensor({1, 2}) << Tensor() << Shape{2, 3};
  EXPECT_EQ(out.str(), "tensor([1., 2.])tensor(undefined)[2, 3]");
}

}  // namespace
}  // namespace gradus::testing
