#pragma once
// Turns a rule into its CPU functions: what the GRADUS_EMIT_TENSOR_ macros in the generated
// sources expand to (one source per header of tensor/elementwise).
#include <string>

#include "tensor/cpu/loops.h"
#include "tensor/cuda/apply.h"
#include "tensor/elementwise.h"
#include "tensor/rule_types.h"

namespace gradus::cpu {

/// The dtype of a rule's operands when `common` is their common dtype; also that of its result,
/// except for comparisons.
inline DType rule_dtype(Domain domain, std::string_view op, std::string_view arguments,
                        DType common) {
  if (domain == Domain::kFloating && !is_floating(common)) return kFloat32;
  if (domain == Domain::kNumeric && common == kBool) {
    throw DTypeError("[" + std::string(op) + "] " + std::string(arguments) +
                     ": bool; expected numbers; convert with to(kInt64)");
  }
  if (domain == Domain::kIntegral && is_floating(common)) {
    throw DTypeError("[" + std::string(op) + "] " + std::string(arguments) + ": " +
                     std::string(name(common)) + "; expected whole numbers or bool");
  }
  return common;
}

/// What a rule has to say about its parameters and its second operand.
template <class Rule>
void prepare(Rule& rule, std::string_view op, DType dtype) {
  if constexpr (requires { rule.prepare(op, dtype); }) rule.prepare(op, dtype);
}
template <class Rule>
void check_operand(std::string_view op, DType dtype, const Tensor& b) {
  if constexpr (requires { Rule::check(op, dtype, b); }) Rule::check(op, dtype, b);
}

template <class Rule>
Tensor unary(std::string_view op, const Tensor& x, Rule rule = {}) {
  check_defined(op, "x", x);
  const DType dtype = rule_dtype(Rule::kDomain, op, "x", x.dtype());
  prepare(rule, op, dtype);
  if (!x.on_cpu()) [[unlikely]]
    return gpu::apply(op, rule, x.shape(), dtype, {&x}, {"x"});
  return dispatch_for<Rule>(dtype, [&]<class T>(std::type_identity<T>) {
    constexpr bool kCompares = Rule::kDomain == Domain::kComparison;
    using Out = std::conditional_t<kCompares, bool, T>;
    return map_elements<T, Out>(
        x.shape(), kCompares ? kBool : dtype, [rule](T v) -> Out { return rule.forward(v); }, x);
  });
}

template <class Rule>
Tensor binary(std::string_view op, const Tensor& a, const Tensor& b, Rule rule = {}) {
  check_defined(op, "a", a);
  check_defined(op, "b", b);
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  const DType dtype = rule_dtype(Rule::kDomain, op, "a, b", result_type(a, b));
  prepare(rule, op, dtype);
  check_operand<Rule>(op, dtype, b);
  if (!a.on_cpu() || !b.on_cpu()) [[unlikely]] {
    return gpu::apply(op, rule, shape, dtype, {&a, &b}, {"a", "b"});
  }
  return dispatch_for<Rule>(dtype, [&]<class T>(std::type_identity<T>) {
    constexpr bool kCompares = Rule::kDomain == Domain::kComparison;
    using Out = std::conditional_t<kCompares, bool, T>;
    return map_elements<T, Out>(
        shape, kCompares ? kBool : dtype, [rule](T u, T v) -> Out { return rule.forward(u, v); }, a,
        b);
  });
}

template <class Rule>
Tensor ternary(std::string_view op, const Tensor& a, const Tensor& b, const Tensor& c) {
  check_defined(op, "a", a);
  check_defined(op, "b", b);
  check_defined(op, "c", c);
  const Shape shape =
      broadcast_shapes(op, broadcast_shapes(op, a.shape(), b.shape()), c.shape(), "a with b", "c");
  const DType dtype = rule_dtype(Rule::kDomain, op, "a, b, c", result_type(a, b, c));
  if (!a.on_cpu() || !b.on_cpu() || !c.on_cpu()) [[unlikely]] {
    return gpu::apply(op, Rule{}, shape, dtype, {&a, &b, &c}, {"a", "b", "c"});
  }
  return dispatch_for<Rule>(dtype, [&]<class T>(std::type_identity<T>) {
    return map_elements<T, T>(
        shape, dtype, [](T u, T v, T w) { return Rule::forward(u, v, w); }, a, b, c);
  });
}

}  // namespace gradus::cpu

namespace gradus {

// A value that backward does not read may be gone from the tape; dy stands in for it.
template <class Rule>
Tensor unary_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const Rule& rule) {
  if (!dy.on_cpu()) [[unlikely]] {
    return gpu::apply_backward<Rule, 0>(rule, dy,
                                        {Rule::kUsesX ? &x : &dy, Rule::kUsesY ? &y : &dy, &dy});
  }
  return dispatch_floating(compute_dtype(dy.dtype()), [&]<class T>(std::type_identity<T>) {
    const auto f = [rule](T a, T b, T c) { return rule.backward(a, b, c); };
    return cpu::map_elements<T, T>(dy.shape(), dy.dtype(), f, Rule::kUsesX ? x : dy,
                                   Rule::kUsesY ? y : dy, dy);
  });
}

template <class Rule, int kOperand>
Tensor binary_backward(const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& dy) {
  if (!dy.on_cpu()) [[unlikely]] {
    return gpu::apply_backward<Rule, kOperand>(
        Rule{}, dy,
        {Rule::kUsesX ? &a : &dy, Rule::kUsesX ? &b : &dy, Rule::kUsesY ? &y : &dy, &dy});
  }
  return dispatch_floating(compute_dtype(dy.dtype()), [&]<class T>(std::type_identity<T>) {
    const auto f = [](T u, T v, T w, T g) {
      if constexpr (kOperand == 0) {
        return Rule::backward_a(u, v, w, g);
      } else {
        return Rule::backward_b(u, v, w, g);
      }
    };
    return cpu::map_elements<T, T>(dy.shape(), dy.dtype(), f, Rule::kUsesX ? a : dy,
                                   Rule::kUsesX ? b : dy, Rule::kUsesY ? y : dy, dy);
  });
}

template <class Rule, int kOperand>
Tensor ternary_backward(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& y,
                        const Tensor& dy) {
  if (!dy.on_cpu()) [[unlikely]] {
    return gpu::apply_backward<Rule, kOperand>(
        Rule{}, dy,
        {Rule::kUsesX ? &a : &dy, Rule::kUsesX ? &b : &dy, Rule::kUsesX ? &c : &dy,
         Rule::kUsesY ? &y : &dy, &dy});
  }
  return dispatch_floating(compute_dtype(dy.dtype()), [&]<class T>(std::type_identity<T>) {
    const auto f = [](T u, T v, T w, T r, T g) {
      if constexpr (kOperand == 0) {
        return Rule::backward_a(u, v, w, r, g);
      } else if constexpr (kOperand == 1) {
        return Rule::backward_b(u, v, w, r, g);
      } else {
        return Rule::backward_c(u, v, w, r, g);
      }
    };
    return cpu::map_elements<T, T>(dy.shape(), dy.dtype(), f, Rule::kUsesX ? a : dy,
                                   Rule::kUsesX ? b : dy, Rule::kUsesX ? c : dy,
                                   Rule::kUsesY ? y : dy, dy);
  });
}

}  // namespace gradus

#define GRADUS_EMIT_TENSOR_PREDICATE(Rule, function)                               \
  namespace gradus {                                                               \
  Tensor function(const Tensor& x) { return cpu::unary<ops::Rule>(#function, x); } \
  }
#define GRADUS_EMIT_TENSOR_INTEGRAL_UNARY(Rule, function) \
  GRADUS_EMIT_TENSOR_PREDICATE(Rule, function)
#define GRADUS_EMIT_TENSOR_UNARY(Rule, function) \
  GRADUS_EMIT_TENSOR_PREDICATE(Rule, function)   \
  GRADUS_EMIT_TENSOR_UNARY_BACKWARD(Rule)
#define GRADUS_EMIT_TENSOR_UNARY_BACKWARD(Rule)                                          \
  namespace gradus {                                                                     \
  template Tensor unary_backward<ops::Rule>(const Tensor&, const Tensor&, const Tensor&, \
                                            const ops::Rule&);                           \
  }
#define GRADUS_EMIT_TENSOR_UNARY_WITH(Rule, function)       \
  namespace gradus {                                        \
  Tensor function(const Tensor& x, const ops::Rule& rule) { \
    return cpu::unary<ops::Rule>(#function, x, rule);       \
  }                                                         \
  }                                                         \
  GRADUS_EMIT_TENSOR_UNARY_BACKWARD(Rule)
#define GRADUS_EMIT_TENSOR_COMPARISON_WITH(Rule, function)                   \
  namespace gradus {                                                         \
  Tensor function(const Tensor& a, const Tensor& b, const ops::Rule& rule) { \
    return cpu::binary<ops::Rule>(#function, a, b, rule);                    \
  }                                                                          \
  }
#define GRADUS_EMIT_TENSOR_COMPARISON(Rule, function) \
  namespace gradus {                                  \
  Tensor function(const Tensor& a, const Tensor& b) { \
    return cpu::binary<ops::Rule>(#function, a, b);   \
  }                                                   \
  }
#define GRADUS_EMIT_TENSOR_INTEGRAL(Rule, function) GRADUS_EMIT_TENSOR_COMPARISON(Rule, function)
#define GRADUS_EMIT_TENSOR_BINARY(Rule, function)                                            \
  GRADUS_EMIT_TENSOR_COMPARISON(Rule, function)                                              \
  namespace gradus {                                                                         \
  template Tensor binary_backward<ops::Rule, 0>(const Tensor&, const Tensor&, const Tensor&, \
                                                const Tensor&);                              \
  template Tensor binary_backward<ops::Rule, 1>(const Tensor&, const Tensor&, const Tensor&, \
                                                const Tensor&);                              \
  }
#define GRADUS_EMIT_TENSOR_TERNARY(Rule, function)                                            \
  namespace gradus {                                                                          \
  Tensor function(const Tensor& a, const Tensor& b, const Tensor& c) {                        \
    return cpu::ternary<ops::Rule>(#function, a, b, c);                                       \
  }                                                                                           \
  template Tensor ternary_backward<ops::Rule, 0>(const Tensor&, const Tensor&, const Tensor&, \
                                                 const Tensor&, const Tensor&);               \
  template Tensor ternary_backward<ops::Rule, 1>(const Tensor&, const Tensor&, const Tensor&, \
                                                 const Tensor&, const Tensor&);               \
  template Tensor ternary_backward<ops::Rule, 2>(const Tensor&, const Tensor&, const Tensor&, \
                                                 const Tensor&, const Tensor&);               \
  }
#define GRADUS_EMIT_TENSOR_UNARY_OPERATOR(function, op)       \
  namespace gradus {                                          \
  Tensor operator op(const Tensor& x) { return function(x); } \
  }
#define GRADUS_EMIT_TENSOR_BINARY_OPERATOR(function, op)                          \
  namespace gradus {                                                              \
  Tensor operator op(const Tensor& a, const Tensor& b) { return function(a, b); } \
  }
