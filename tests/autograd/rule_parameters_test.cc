// Derivatives of rules with other parameters than the default ones, by kernel and by graph.
#include <gtest/gtest.h>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using List = std::vector<double>;

TEST(RuleParameters, EnterTheDerivatives) {
  const Variable x = gap_parameter({3, 5}, -2, 2, 1), positive = gap_parameter({6}, 0.6, 3, 2);
  expect_gradients("celu", [](Inputs v) { return celu(v[0], {.alpha = 0.4}); }, {x});
  expect_gradients("elu", [](Inputs v) { return elu(v[0], {.alpha = 0.4}); }, {x});
  expect_gradients(
      "hardtanh",
      [](Inputs v) { return square(hardtanh(v[0], {.min_value = -1.5, .max_value = 0.5})); }, {x});
  expect_gradients("hardshrink", [](Inputs v) { return square(hardshrink(v[0], {.lambd = 0.8})); },
                   {x});
  expect_gradients("softshrink", [](Inputs v) { return square(softshrink(v[0], {.lambd = 0.8})); },
                   {x});
  expect_gradients("threshold",
                   [](Inputs v) { return square(threshold(v[0], {.threshold = 0.3, .value = 5})); },
                   {x});
  for (double delta : {0.4, 1.7}) {
    expect_gradients("huber", [=](Inputs v) { return huber(v[0], {.delta = delta}); }, {x});
  }
  expect_gradients("leaky_relu",
                   [](Inputs v) { return square(leaky_relu(v[0], {.negative_slope = 0.3})); }, {x});
  expect_gradients("softplus",
                   [](Inputs v) { return softplus(v[0], {.beta = 1.7, .threshold = 2}); }, {x});
  expect_gradients("nan_to_num", [](Inputs v) { return square(nan_to_num(v[0], {.nan = 2})); },
                   {x});
  for (int n : {0, 2, 3}) {
    expect_gradients("polygamma", [=](Inputs v) { return polygamma(v[0], {.n = n}); }, {positive});
  }
}

// Of numbers that are large in magnitude: a branch that is not taken must not make NaN of them.
TEST(RuleParameters, SecondDerivativesFarOutAreFinite) {
  using X = const Variable&;
  const std::vector<Variable (*)(X)> functions = {
      [](X x) { return elu(x); },
      [](X x) { return selu(x); },
      [](X x) { return celu(x); },
      [](X x) { return softplus(x); },
      [](X x) { return logsigmoid(x); },
      [](X x) { return silu(x); },
      [](X x) { return gelu(x); },
      [](X x) { return mish(x); },
      [](X x) { return gelu_tanh(x); },
      [](X x) { return softsign(x); },
      [](X x) { return logaddexp(x, 1); },
      [](X x) { return huber(x); },
      [](X x) { return logistic_loss(x, 1); },
  };
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const Variable x = parameter(tensor({-900, 900}, kFloat64));
    const Variable g = grad(sum(functions[i](x)), x, {.create_graph = true});
    const Tensor h = grad(sum(g * g), x).value();
    expect_close(h, zeros({2}, kFloat64), 0, 1e-5, "function " + std::to_string(i));
  }
}

TEST(RuleParameters, FlowNowhereThroughComparisonsAndShifts) {
  const Variable x = parameter(tensor({1, 2}));
  EXPECT_FALSE(isclose(x, 1.0).requires_grad());
  EXPECT_FALSE((!x).requires_grad());
  EXPECT_EQ(isclose(x, 1.1, {.atol = 0.2}).value().to_vector(), (List{1, 0}));
}

}  // namespace
}  // namespace gradus::testing
