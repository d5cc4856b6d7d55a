// Element-wise rules against the tables of tests/golden/tensor/make_elementwise.py. The rules are
// found by the build; a rule without a table is reported by tests/house/goldens_test.cc.
#include <gtest/gtest.h>

#include "tensor/close.h"
#include "tensor/elementwise_all.h"
#include "tests/support/cases.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

TEST(ElementwiseGoldens, UnaryRulesAreThoseOfPyTorch) {
  for (const UnaryRule& rule : rules().unary) {
    if (rule.has_parameters) continue;  // below, with other parameters than the default ones
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0]); });
  }
}

TEST(ElementwiseGoldens, BinaryRulesAreThoseOfPyTorch) {
  for (const BinaryRule& rule : rules().binary) {
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0], c.in[1]); });
  }
}

TEST(ElementwiseGoldens, ComparisonsAreThoseOfPyTorch) {
  for (const ComparisonRule& rule : rules().comparison) {
    if (rule.has_parameters) continue;
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0], c.in[1]); });
  }
}

TEST(ElementwiseGoldens, TernaryRulesAreThoseOfPyTorch) {
  for (const TernaryRule& rule : rules().ternary) {
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0], c.in[1], c.in[2]); });
  }
}

TEST(ElementwiseGoldens, PredicatesAreThoseOfPyTorch) {
  for (const PredicateRule& rule : rules().predicate) {
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0]); });
  }
}

TEST(ElementwiseGoldens, RulesOfWholeNumbersAreThoseOfPyTorch) {
  for (const IntegralRule& rule : rules().integral) {
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0], c.in[1]); });
  }
}

TEST(ElementwiseGoldens, RulesWithParametersAreThoseOfPyTorch) {
  check_cases("celu", [](const Case& c) { return celu(c.in[0], {.alpha = c.number("alpha")}); });
  check_cases("elu", [](const Case& c) { return elu(c.in[0], {.alpha = c.number("alpha")}); });
  check_cases("hardshrink",
              [](const Case& c) { return hardshrink(c.in[0], {.lambd = c.number("lambd")}); });
  check_cases("hardtanh", [](const Case& c) {
    return hardtanh(c.in[0],
                    {.min_value = c.number("min_value"), .max_value = c.number("max_value")});
  });
  check_cases("isclose", [](const Case& c) {
    return isclose(
        c.in[0], c.in[1],
        {.rtol = c.number("rtol"), .atol = c.number("atol"), .equal_nan = c.flag("equal_nan")});
  });
  check_cases("huber", [](const Case& c) { return huber(c.in[0], {.delta = c.number("delta")}); });
  check_cases("leaky_relu", [](const Case& c) {
    return leaky_relu(c.in[0], {.negative_slope = c.number("negative_slope")});
  });
  check_cases("nan_to_num", [](const Case& c) {
    if (!c.has("nan")) return nan_to_num(c.in[0]);
    return nan_to_num(
        c.in[0],
        {.nan = c.number("nan"), .posinf = c.number("posinf"), .neginf = c.number("neginf")});
  });
  check_cases("polygamma", [](const Case& c) {
    return polygamma(c.in[0], {.n = static_cast<int>(c.integer("n"))});
  });
  check_cases("softplus", [](const Case& c) {
    return softplus(c.in[0], {.beta = c.number("beta"), .threshold = c.number("threshold")});
  });
  check_cases("softshrink",
              [](const Case& c) { return softshrink(c.in[0], {.lambd = c.number("lambd")}); });
  check_cases("threshold", [](const Case& c) {
    return threshold(c.in[0], {.threshold = c.number("threshold"), .value = c.number("value")});
  });
}

TEST(Close, IsThatOfPyTorch) {
  check_cases("allclose", [](const Case& c) {
    return Tensor(allclose(
        c.in[0], c.in[1],
        {.rtol = c.number("rtol"), .atol = c.number("atol"), .equal_nan = c.flag("equal_nan")}));
  });
  check_cases("array_equal", [](const Case& c) { return Tensor(array_equal(c.in[0], c.in[1])); });
}

}  // namespace
}  // namespace gradus::testing
