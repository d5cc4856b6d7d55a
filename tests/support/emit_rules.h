#pragma once
// What the lines of tensor/elementwise become in the generated list of rules.
#include "tests/support/rules.h"

namespace gradus::testing {

Rules& mutable_rules();

template <class Rule>
bool add(std::vector<Rule>& list, Rule rule) {
  list.push_back(std::move(rule));
  return true;
}

}  // namespace gradus::testing

#define GRADUS_EMIT_RULE_ADD(list, function, ...)           \
  [[maybe_unused]] static const bool function##_is_listed = \
      gradus::testing::add(gradus::testing::mutable_rules().list, __VA_ARGS__)
// With the default parameters, if the rule has any.
#define GRADUS_RULE_CALLS(function)                            \
  [](const gradus::Tensor& x) { return gradus::function(x); }, \
      [](gradus::Operand x) { return gradus::function(std::move(x)); }
#define GRADUS_RULE_CALLS_2(function)                                                      \
  [](const gradus::Tensor& a, const gradus::Tensor& b) { return gradus::function(a, b); }, \
      [](gradus::Operand a, gradus::Operand b) {                                           \
        return gradus::function(std::move(a), std::move(b));                               \
      }
#define GRADUS_EMIT_RULE_UNARY(Rule, function)                                          \
  GRADUS_EMIT_RULE_ADD(                                                                 \
      unary, function,                                                                  \
      {#function, gradus::ops::Rule::kDomain, GRADUS_RULE_CALLS(function),              \
       [](const gradus::Tensor& x, const gradus::Tensor& y, const gradus::Tensor& dy) { \
         return gradus::unary_backward<gradus::ops::Rule>(x, y, dy);                    \
       },                                                                               \
       !std::is_empty_v<gradus::ops::Rule>})
#define GRADUS_EMIT_RULE_BINARY(Rule, function)                                                    \
  GRADUS_EMIT_RULE_ADD(binary, function,                                                           \
                       {#function, gradus::ops::Rule::kDomain, gradus::function, gradus::function, \
                        gradus::binary_backward<gradus::ops::Rule, 0>,                             \
                        gradus::binary_backward<gradus::ops::Rule, 1>})
#define GRADUS_EMIT_RULE_TERNARY(Rule, function)                                                   \
  GRADUS_EMIT_RULE_ADD(ternary, function,                                                          \
                       {#function, gradus::ops::Rule::kDomain, gradus::function, gradus::function, \
                        gradus::ternary_backward<gradus::ops::Rule, 0>,                            \
                        gradus::ternary_backward<gradus::ops::Rule, 1>,                            \
                        gradus::ternary_backward<gradus::ops::Rule, 2>})
#define GRADUS_EMIT_RULE_PREDICATE(Rule, function) \
  GRADUS_EMIT_RULE_ADD(                            \
      predicate, function,                         \
      {#function, gradus::ops::Rule::kDomain, gradus::function, gradus::function})
#define GRADUS_EMIT_RULE_COMPARISON(Rule, function) \
  GRADUS_EMIT_RULE_ADD(comparison, function, {#function, gradus::function, gradus::function, false})
#define GRADUS_EMIT_RULE_INTEGRAL(Rule, function) \
  GRADUS_EMIT_RULE_ADD(integral, function, {#function, gradus::function, gradus::function})
#define GRADUS_EMIT_RULE_UNARY_WITH(Rule, function) GRADUS_EMIT_RULE_UNARY(Rule, function)
#define GRADUS_EMIT_RULE_INTEGRAL_UNARY(Rule, function) GRADUS_EMIT_RULE_PREDICATE(Rule, function)
#define GRADUS_EMIT_RULE_COMPARISON_WITH(Rule, function) \
  GRADUS_EMIT_RULE_ADD(comparison, function, {#function, GRADUS_RULE_CALLS_2(function), true})
#define GRADUS_EMIT_RULE_UNARY_OPERATOR(function, op) static_assert(true)
#define GRADUS_EMIT_RULE_BINARY_OPERATOR(function, op) static_assert(true)
