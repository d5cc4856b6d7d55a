#include "tests/support/golden_gradients.h"

#include "autograd/ops/sum.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/div.h"
#include "tensor/elementwise/mul.h"
#include "tests/support/compare.h"
#include "tests/support/golden.h"

namespace gradus::testing {
namespace {

Tensor weights(const Shape& shape) {
  return (1.0 / (arange(numel(shape), kFloat64) + 1)).reshape(shape);
}

std::vector<Variable> inputs_of(const nlohmann::json& expected) {
  std::vector<Variable> inputs;
  for (const auto& x : expected.at("x")) inputs.push_back(parameter(golden_tensor(x)));
  return inputs;
}

}  // namespace

void expect_golden_gradients(const std::string& name, const nlohmann::json& expected,
                             const GoldenFunction& f, double rtol, double atol) {
  const std::vector<Variable> x = inputs_of(expected);
  const Variable y = f(x);
  expect_close(y.value(), golden_tensor(expected.at("y")), rtol, atol, name + ", value");

  const Variable loss = sum(y * weights(y.shape()));
  const auto g = gradus::grad(std::span(&loss, 1), x, {}, {.create_graph = true});
  const auto without = gradus::grad(std::span(&loss, 1), x, {}, {.retain_graph = true});
  Variable total = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::string input = name + ", input " + std::to_string(i);
    expect_close(g[i].value(), golden_tensor(expected.at("g")[i]), rtol, atol,
                 input + ", gradient");
    expect_close(without[i].value(), g[i].value(), rtol, atol,
                 input + ", gradient without a graph");
    total = total + sum(g[i] * weights(g[i].shape()));
  }
  std::vector<Variable> h;
  if (total.requires_grad()) h = gradus::grad(std::span(&total, 1), x, {}, {}, true);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Tensor second = h.empty() ? zeros(x[i].shape(), kFloat64) : h[i].value();
    expect_close(second, golden_tensor(expected.at("h")[i]), rtol, atol,
                 name + ", input " + std::to_string(i) + ", second gradient");
  }
}

void expect_golden_first(const std::string& name, const nlohmann::json& expected,
                         const GoldenFunction& f, double rtol, double atol) {
  for (const bool create_graph : {false, true}) {
    const std::vector<Variable> x = inputs_of(expected);
    const Variable loss = sum(f(x));
    const auto g = gradus::grad(std::span(&loss, 1), x, {}, {.create_graph = create_graph});
    for (std::size_t i = 0; i < x.size(); ++i) {
      expect_close(g[i].value(), golden_tensor(expected.at("g")[i]), rtol, atol,
                   name + ", input " + std::to_string(i) + (create_graph ? ", by the graph" : ""));
    }
  }
}

}  // namespace gradus::testing
