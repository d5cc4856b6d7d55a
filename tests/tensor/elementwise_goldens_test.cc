// Element-wise rules against the tables of tests/golden/tensor/make_elementwise.py. The rules are
// found by the build; a rule without a table is reported by tests/house/goldens_test.cc.
#include <gtest/gtest.h>

#include "tests/support/cases.h"
#include "tests/support/rules.h"

namespace gradus::testing {
namespace {

TEST(ElementwiseGoldens, UnaryRulesAreThoseOfPyTorch) {
  for (const UnaryRule& rule : rules().unary) {
    if (!has_cases(rule.name)) continue;
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0]); });
  }
}

TEST(ElementwiseGoldens, BinaryRulesAreThoseOfPyTorch) {
  for (const BinaryRule& rule : rules().binary) {
    if (!has_cases(rule.name)) continue;
    check_cases(rule.name, [&](const Case& c) { return rule.tensor(c.in[0], c.in[1]); });
  }
}

TEST(ElementwiseGoldens, ComparisonsAreThoseOfPyTorch) {
  for (const ComparisonRule& rule : rules().comparison) {
    if (!has_cases(rule.name)) continue;
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

}  // namespace
}  // namespace gradus::testing
