// Values, gradients and second gradients against PyTorch: tests/golden/make_gradients.py.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

using Function = std::function<Variable(const std::vector<Variable>&)>;

// Both sides are sums of a few products in float64; the functions in them are within 4 ulp.
constexpr double kRelative = 1e-12, kAbsolute = 1e-14;

constexpr const char* kHowToAdd = "; run tests/golden/make_gradients.py again";

Tensor weights(const Shape& shape) {
  return (1.0 / (arange(numel(shape), kFloat64) + 1)).reshape(shape);
}

std::vector<Variable> inputs_of(const nlohmann::json& expected) {
  std::vector<Variable> inputs;
  for (const auto& x : expected.at("x")) inputs.push_back(parameter(golden_tensor(x)));
  return inputs;
}

void check(const std::string& name, const nlohmann::json& expected, const Function& f) {
  const std::vector<Variable> x = inputs_of(expected);
  const Variable y = f(x);
  expect_close(y.value(), golden_tensor(expected.at("y")), kRelative, kAbsolute, name + ", value");

  const Variable loss = sum(y * weights(y.shape()));
  const auto g = grad(std::span(&loss, 1), x, {}, {.create_graph = true});
  Variable total = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::string input = name + ", input " + std::to_string(i);
    expect_close(g[i].value(), golden_tensor(expected.at("g")[i]), kRelative, kAbsolute,
                 input + ", gradient");
    total = total + sum(g[i] * weights(g[i].shape()));
    // The kernel and the graph are two ways to the same gradient.
    expect_close(grad(std::span(&loss, 1), x, {}, {.retain_graph = true})[i].value(), g[i].value(),
                 kRelative, kAbsolute, input + ", gradient without a graph");
  }
  std::vector<Variable> h;
  if (total.requires_grad()) h = grad(std::span(&total, 1), x, {}, {}, true);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Tensor second = h.empty() ? zeros(x[i].shape(), kFloat64) : h[i].value();
    expect_close(second, golden_tensor(expected.at("h")[i]), kRelative, kAbsolute,
                 name + ", input " + std::to_string(i) + ", second gradient");
  }
}

TEST(GradientsGolden, OfEveryRuleAreThoseOfPyTorch) {
  const auto expected = golden("gradients");
  for (const UnaryRule& rule : rules().unary) {
    ASSERT_TRUE(expected["unary"].contains(rule.name)) << rule.name << kHowToAdd;
    check(rule.name, expected["unary"][rule.name],
          [&](const auto& x) { return rule.variable(x[0]); });
  }
  for (const BinaryRule& rule : rules().binary) {
    ASSERT_TRUE(expected["binary"].contains(rule.name)) << rule.name << kHowToAdd;
    check(rule.name, expected["binary"][rule.name],
          [&](const auto& x) { return rule.variable(x[0], x[1]); });
  }
}

// The one place that lists where a function has no derivative, and what is taken instead.
TEST(GradientsGolden, AtKinksAndEdgesAreThoseOfPyTorch) {
  const auto expected = golden("gradients")["kinks"];
  std::size_t checked = 0;
  const auto check_first = [&](const std::string& name, const Function& f) {
    if (!expected.contains(name)) return;
    ++checked;
    for (bool create_graph : {false, true}) {
      const std::vector<Variable> x = inputs_of(expected.at(name));
      const Variable loss = sum(f(x));
      const auto g = grad(std::span(&loss, 1), x, {}, {.create_graph = create_graph});
      for (std::size_t i = 0; i < x.size(); ++i) {
        expect_close(g[i].value(), golden_tensor(expected.at(name).at("g")[i]), kRelative, 0,
                     name + ", input " + std::to_string(i) +
                         (create_graph ? ", by the graph" : ", by the kernel"));
      }
    }
  };
  for (const UnaryRule& rule : rules().unary) {
    check_first(rule.name, [&](const auto& x) { return rule.variable(x[0]); });
  }
  for (const BinaryRule& rule : rules().binary) {
    check_first(rule.name, [&](const auto& x) { return rule.variable(x[0], x[1]); });
  }
  EXPECT_EQ(checked, expected.size());
}

TEST(GradientsGolden, OfComposedFunctionsAreThoseOfPyTorch) {
  const std::map<std::string, Function> functions = {
      {"layer", [](const auto& x) { return tanh(matmul(x[0], x[1]) + x[2]); }},
      {"mean_square", [](const auto& x) { return mean(square(x[0] - mean(x[0], 1, true)), 0); }},
      {"ties", [](const auto& x) { return max(x[0], 1) * sum(min(x[0], 0, true)); }},
      {"log_sum_exp",
       [](const auto& x) { return log(sum(exp(x[0] - max(x[0], 1, true)), 1)) + max(x[0], 1); }},
      {"rows",
       [](const auto& x) {
         const Variable rows = index_select(x[0], 0, tensor({1, 0, 1}, kInt64));
         return pow(transpose(slice(rows, 1, {0, INT64_MAX, 2})), 3);
       }},
      {"where", [](const auto& x) { return where(x[0] > x[1], x[0] * x[1], sin(x[0])); }},
  };
  const auto expected = golden("gradients")["composed"];
  EXPECT_EQ(expected.size(), functions.size());
  for (const auto& [name, f] : functions) check(name, expected.at(name), f);
}

}  // namespace
}  // namespace gradus::testing
