#pragma once
// What the lines of tensor/elementwise become in the generated list of rules.
#include "tests/support/rules.h"

namespace gradus::testing {

Rules& mutable_rules();

inline bool add(UnaryRule rule) {
  mutable_rules().unary.push_back(std::move(rule));
  return true;
}
inline bool add(BinaryRule rule) {
  mutable_rules().binary.push_back(std::move(rule));
  return true;
}
inline bool add(ComparisonRule rule) {
  mutable_rules().comparison.push_back(std::move(rule));
  return true;
}

}  // namespace gradus::testing

#define GRADUS_EMIT_RULE_UNARY(Rule, function)                                            \
  [[maybe_unused]] static const bool function##_is_listed = gradus::testing::add(         \
      gradus::testing::UnaryRule{#function, gradus::ops::Rule::kDomain, gradus::function, \
                                 gradus::function, gradus::unary_backward<gradus::ops::Rule>})
#define GRADUS_EMIT_RULE_BINARY(Rule, function)                                                    \
  [[maybe_unused]] static const bool function##_is_listed = gradus::testing::add(                  \
      gradus::testing::BinaryRule{#function, gradus::ops::Rule::kDomain, gradus::function,         \
                                  gradus::function, gradus::binary_backward<gradus::ops::Rule, 0>, \
                                  gradus::binary_backward<gradus::ops::Rule, 1>})
#define GRADUS_EMIT_RULE_COMPARISON(Rule, function)                               \
  [[maybe_unused]] static const bool function##_is_listed = gradus::testing::add( \
      gradus::testing::ComparisonRule{#function, gradus::function, gradus::function})
#define GRADUS_EMIT_RULE_UNARY_OPERATOR(function, op) static_assert(true)
#define GRADUS_EMIT_RULE_BINARY_OPERATOR(function, op) static_assert(true)
