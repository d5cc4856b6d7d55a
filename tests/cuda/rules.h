#pragma once
// Every element-wise rule on the emulated device, with its default parameters. The list is made
// from the lines that declare the rules.
#include <string>
#include <vector>

#include "tensor/cuda/elementwise.h"

namespace gradus::testing {

using RunRule = void (*)(const gpu::ElementCall&);

struct DeviceRule {
  std::string name;
  Domain domain;
  int operands;
  RunRule forward;
  std::vector<RunRule> backward;  // for each operand
};
std::vector<DeviceRule>& device_rules();

template <class Rule>
Rule prepared(const gpu::ElementCall& call) {
  Rule rule;
  if constexpr (requires { rule.prepare("rule", call.dtype); }) rule.prepare("rule", call.dtype);
  return rule;
}

template <class Rule>
RunRule run_forward() {
  return
      [](const gpu::ElementCall& call) { gpu::forward<gpu::Emulated>(prepared<Rule>(call), call); };
}
template <class Rule, int kOperand>
RunRule run_backward() {
  return [](const gpu::ElementCall& call) {
    gpu::backward<gpu::Emulated, Rule, kOperand>(prepared<Rule>(call), call);
  };
}

template <class Rule>
bool list_rule(std::string name, int operands, std::vector<RunRule> backward) {
  device_rules().push_back(
      {std::move(name), Rule::kDomain, operands, run_forward<Rule>(), std::move(backward)});
  return true;
}

}  // namespace gradus::testing

#define GRADUS_LIST_RULE(Rule, function, operands, ...)            \
  [[maybe_unused]] static const bool function##_is_on_the_device = \
      gradus::testing::list_rule<gradus::ops::Rule>(#function, operands, {__VA_ARGS__})
#define GRADUS_LISTED_BACKWARD(Rule, operand) \
  gradus::testing::run_backward<gradus::ops::Rule, operand>()
#define GRADUS_EMIT_LISTED_UNARY(Rule, function) \
  GRADUS_LIST_RULE(Rule, function, 1, GRADUS_LISTED_BACKWARD(Rule, 0))
#define GRADUS_EMIT_LISTED_BINARY(Rule, function)                      \
  GRADUS_LIST_RULE(Rule, function, 2, GRADUS_LISTED_BACKWARD(Rule, 0), \
                   GRADUS_LISTED_BACKWARD(Rule, 1))
#define GRADUS_EMIT_LISTED_TERNARY(Rule, function)                     \
  GRADUS_LIST_RULE(Rule, function, 3, GRADUS_LISTED_BACKWARD(Rule, 0), \
                   GRADUS_LISTED_BACKWARD(Rule, 1), GRADUS_LISTED_BACKWARD(Rule, 2))
#define GRADUS_EMIT_LISTED_UNARY_WITH(Rule, function) GRADUS_EMIT_LISTED_UNARY(Rule, function)
#define GRADUS_EMIT_LISTED_PREDICATE(Rule, function) GRADUS_LIST_RULE(Rule, function, 1)
#define GRADUS_EMIT_LISTED_INTEGRAL_UNARY(Rule, function) GRADUS_LIST_RULE(Rule, function, 1)
#define GRADUS_EMIT_LISTED_COMPARISON(Rule, function) GRADUS_LIST_RULE(Rule, function, 2)
#define GRADUS_EMIT_LISTED_COMPARISON_WITH(Rule, function) GRADUS_LIST_RULE(Rule, function, 2)
#define GRADUS_EMIT_LISTED_INTEGRAL(Rule, function) GRADUS_LIST_RULE(Rule, function, 2)
#define GRADUS_EMIT_LISTED_UNARY_OPERATOR(function, op) static_assert(true)
#define GRADUS_EMIT_LISTED_BINARY_OPERATOR(function, op) static_assert(true)
