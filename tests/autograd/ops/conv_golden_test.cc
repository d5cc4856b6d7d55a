// Convolutions and pooling with their first and second gradients, against PyTorch:
// tests/golden/make_conv_gradients.py.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

using nlohmann::json;

// Sums of at most 200 products, in another order: each is rounded to 2^-53 of at most about 10.
constexpr double kRelative = 1e-12, kAbsolute = 1e-12;

PerAxis per_axis(const json& args, const std::string& name, const PerAxis& otherwise) {
  if (!args.contains(name)) return otherwise;
  if (args[name].is_number()) return args[name].get<std::int64_t>();
  PerAxis value;
  for (const json& n : args[name]) value.push_back(n);
  return value;
}

struct Call {
  const std::vector<Variable>& x;
  const json& args;

  PerAxis stride(const PerAxis& otherwise) const { return per_axis(args, "stride", otherwise); }
  PerAxis padding() const { return per_axis(args, "padding", 0); }
  PerAxis dilation() const { return per_axis(args, "dilation", 1); }
  PerAxis kernel() const { return per_axis(args, "kernel", {}); }
  PerAxis size() const { return per_axis(args, "size", {}); }
  Variable bias() const { return x.size() > 2 ? x[2] : Variable(); }
  ConvOptions conv() const { return {stride(1), padding(), dilation(), args.value("groups", 1)}; }
  ConvTransposeOptions transpose() const {
    return {stride(1), padding(), per_axis(args, "output_padding", 0), args.value("groups", 1),
            dilation()};
  }
  MaxPoolOptions largest() const {
    return {stride({}), padding(), dilation(), args.value("ceil_mode", false)};
  }
  AvgPoolOptions mean() const {
    AvgPoolOptions options{stride({}), padding(), args.value("ceil_mode", false),
                           args.value("count_include_pad", true)};
    if (args.contains("divisor_override")) options.divisor_override = args["divisor_override"];
    return options;
  }
};

const std::map<std::string, std::function<Variable(const Call&)>> kFunctions = {
    {"conv1d", [](const Call& c) { return conv1d(c.x[0], c.x[1], c.bias(), c.conv()); }},
    {"conv2d", [](const Call& c) { return conv2d(c.x[0], c.x[1], c.bias(), c.conv()); }},
    {"conv_transpose1d",
     [](const Call& c) { return conv_transpose1d(c.x[0], c.x[1], c.bias(), c.transpose()); }},
    {"conv_transpose2d",
     [](const Call& c) { return conv_transpose2d(c.x[0], c.x[1], c.bias(), c.transpose()); }},
    {"max_pool1d", [](const Call& c) { return max_pool1d(c.x[0], c.kernel(), c.largest()); }},
    {"max_pool2d", [](const Call& c) { return max_pool2d(c.x[0], c.kernel(), c.largest()); }},
    {"avg_pool1d", [](const Call& c) { return avg_pool1d(c.x[0], c.kernel(), c.mean()); }},
    {"avg_pool2d", [](const Call& c) { return avg_pool2d(c.x[0], c.kernel(), c.mean()); }},
    {"adaptive_max_pool1d", [](const Call& c) { return adaptive_max_pool1d(c.x[0], c.size()); }},
    {"adaptive_max_pool2d", [](const Call& c) { return adaptive_max_pool2d(c.x[0], c.size()); }},
    {"adaptive_avg_pool1d", [](const Call& c) { return adaptive_avg_pool1d(c.x[0], c.size()); }},
    {"adaptive_avg_pool2d", [](const Call& c) { return adaptive_avg_pool2d(c.x[0], c.size()); }},
};

Tensor weights(const Shape& shape) {
  return (1.0 / (arange(numel(shape), kFloat64) + 1)).reshape(shape);
}

TEST(ConvGradients, AreThoseOfPyTorchToTheSecondOrder) {
  std::map<std::string, int> checked;
  for (const json& expected : golden("conv_gradients")) {
    const std::string function = expected.at("function");
    const std::string name = function + " " + expected.at("args").dump();
    ++checked[function];
    std::vector<Variable> x;
    for (const json& one : expected.at("x")) x.push_back(parameter(golden_tensor(one)));
    const Variable y = square(kFunctions.at(function)({x, expected.at("args")}));
    expect_close(y.value(), golden_tensor(expected.at("y")), kRelative, kAbsolute, name);

    const Variable loss = sum(y * weights(y.shape()));
    const auto g = grad(std::span(&loss, 1), x, {}, {.create_graph = true});
    Variable total = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      expect_close(g[i].value(), golden_tensor(expected.at("g")[i]), kRelative, kAbsolute,
                   name + ", gradient of input " + std::to_string(i));
      total = total + sum(g[i] * weights(g[i].shape()));
    }
    const auto h = grad(std::span(&total, 1), x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      expect_close(h[i].value(), golden_tensor(expected.at("h")[i]), kRelative, kAbsolute,
                   name + ", second gradient of input " + std::to_string(i));
    }
  }
  EXPECT_EQ(checked.size(), kFunctions.size());
}

}  // namespace
}  // namespace gradus::testing
