#pragma once
// Turns a rule of tensor/elementwise into its recorded function: what the GRADUS_EMIT_AUTOGRAD_
// macros in the generated source expand to.
#include "autograd/node.h"
#include "autograd/ops/where.h"
#include "tensor/elementwise.h"

namespace gradus {

/// What the derivative by operand k reads: a bit per operand, then one for the result.
template <class Rule, int kOperands, int k>
constexpr unsigned reads_of() {
  if constexpr (requires { Rule::kReads[k]; }) {
    return Rule::kReads[k];
  } else {
    return (Rule::kUsesX ? (1u << kOperands) - 1 : 0u) | (Rule::kUsesY ? 1u << kOperands : 0u);
  }
}

/// An operand or the result, whose version has been looked at before.
inline Variable unchecked(Node* node) {
  node->retain(Node::kHandle);
  return Variable::from_node(node);
}

/// One argument. Backward is one kernel; inside a recorded backward it is the rule's own formula
/// over Variables.
template <class Rule>
class UnaryNode final : public Node {
 public:
  UnaryNode(const char* op, Tensor y, const Operand& x, const Rule& rule)
      : Node(std::move(y), tape_line(x.where), Rule::kUsesY),
        op_(op),
        x_(x.variable.node(), Rule::kUsesX),
        rule_(rule) {}
  const char* op() const override { return op_; }
  std::span<Edge> inputs() override { return {&x_, 1}; }
  void backward(Gradients& d) override {
    d.check_unchanged({&x_, 1}, reads_of<Rule, 1, 0>());
    if (grad_enabled()) {
      d.set(0, rule_.backward(Rule::kUsesX ? unchecked(x_.node()) : Variable(),
                              Rule::kUsesY ? unchecked(this) : Variable(), d.dy()));
    } else {
      d.set(0, unary_backward<Rule>(x_.node()->value(), value(), d.dy().value(), rule_));
    }
  }

 private:
  const char* op_;
  Edge x_;
  [[no_unique_address]] Rule rule_;
};

/// Two arguments, broadcast.
template <class Rule>
class BinaryNode final : public Node {
 public:
  BinaryNode(const char* op, Tensor y, const Operand& a, const Operand& b)
      : Node(std::move(y), tape_line(a.where), Rule::kUsesY),
        op_(op),
        inputs_{Edge(a.variable.node(), Rule::kUsesX), Edge(b.variable.node(), Rule::kUsesX)} {}
  const char* op() const override { return op_; }
  std::span<Edge> inputs() override { return inputs_; }
  bool broadcasts() const override { return true; }
  void backward(Gradients& d) override {
    if (d.needs(0)) d.check_unchanged(inputs_, reads_of<Rule, 2, 0>());
    if (d.needs(1)) d.check_unchanged(inputs_, reads_of<Rule, 2, 1>());
    if (grad_enabled()) {
      const auto x = [&](int i) {
        return Rule::kUsesX ? unchecked(inputs_[i].node()) : Variable();
      };
      const Variable a = x(0), b = x(1), y = Rule::kUsesY ? unchecked(this) : Variable();
      if (d.needs(0)) d.set(0, Rule::backward_a(a, b, y, d.dy()));
      if (d.needs(1)) d.set(1, Rule::backward_b(a, b, y, d.dy()));
    } else {
      const Tensor &a = inputs_[0].node()->value(), &b = inputs_[1].node()->value();
      const Tensor& dy = d.dy().value();
      if (d.needs(0)) d.set(0, binary_backward<Rule, 0>(a, b, value(), dy));
      if (d.needs(1)) d.set(1, binary_backward<Rule, 1>(a, b, value(), dy));
    }
  }

 private:
  const char* op_;
  Edge inputs_[2];
};

/// Three arguments, broadcast.
template <class Rule>
class TernaryNode final : public Node {
 public:
  TernaryNode(const char* op, Tensor y, const Operand& a, const Operand& b, const Operand& c)
      : Node(std::move(y), tape_line(a.where), Rule::kUsesY),
        op_(op),
        inputs_{Edge(a.variable.node(), Rule::kUsesX), Edge(b.variable.node(), Rule::kUsesX),
                Edge(c.variable.node(), Rule::kUsesX)} {}
  const char* op() const override { return op_; }
  std::span<Edge> inputs() override { return inputs_; }
  bool broadcasts() const override { return true; }
  void backward(Gradients& d) override {
    if (d.needs(0)) d.check_unchanged(inputs_, reads_of<Rule, 3, 0>());
    if (d.needs(1)) d.check_unchanged(inputs_, reads_of<Rule, 3, 1>());
    if (d.needs(2)) d.check_unchanged(inputs_, reads_of<Rule, 3, 2>());
    if (grad_enabled()) {
      const auto x = [&](int i) {
        return Rule::kUsesX ? unchecked(inputs_[i].node()) : Variable();
      };
      const Variable a = x(0), b = x(1), c = x(2), y = Rule::kUsesY ? unchecked(this) : Variable();
      if (d.needs(0)) d.set(0, Rule::backward_a(a, b, c, y, d.dy()));
      if (d.needs(1)) d.set(1, Rule::backward_b(a, b, c, y, d.dy()));
      if (d.needs(2)) d.set(2, Rule::backward_c(a, b, c, y, d.dy()));
    } else {
      const auto x = [&](int i) -> const Tensor& { return inputs_[i].node()->value(); };
      const Tensor& dy = d.dy().value();
      if (d.needs(0)) d.set(0, ternary_backward<Rule, 0>(x(0), x(1), x(2), value(), dy));
      if (d.needs(1)) d.set(1, ternary_backward<Rule, 1>(x(0), x(1), x(2), value(), dy));
      if (d.needs(2)) d.set(2, ternary_backward<Rule, 2>(x(0), x(1), x(2), value(), dy));
    }
  }

 private:
  const char* op_;
  Edge inputs_[3];
};

template <class Rule>
Variable record_unary(const char* op, Tensor y, const Operand& x, const Rule& rule = {}) {
  const bool wanted = grad_enabled() && x.variable.requires_grad();
  if (!wanted || !is_floating(y.dtype())) return Variable(std::move(y));
  return Variable::from_node(new UnaryNode<Rule>(op, std::move(y), x, rule));
}

template <class Rule>
Variable record_binary(const char* op, Tensor y, const Operand& a, const Operand& b) {
  const bool wanted = a.variable.requires_grad() || b.variable.requires_grad();
  if (!grad_enabled() || !wanted || !is_floating(y.dtype())) return Variable(std::move(y));
  return Variable::from_node(new BinaryNode<Rule>(op, std::move(y), a, b));
}

template <class Rule>
Variable record_ternary(const char* op, Tensor y, const Operand& a, const Operand& b,
                        const Operand& c) {
  const bool wanted =
      a.variable.requires_grad() || b.variable.requires_grad() || c.variable.requires_grad();
  if (!grad_enabled() || !wanted || !is_floating(y.dtype())) return Variable(std::move(y));
  return Variable::from_node(new TernaryNode<Rule>(op, std::move(y), a, b, c));
}

}  // namespace gradus

#define GRADUS_EMIT_AUTOGRAD_UNARY(Rule, function)                     \
  namespace gradus {                                                   \
  Variable function(Operand x) {                                       \
    return record_unary<ops::Rule>(#function, function(x.value()), x); \
  }                                                                    \
  }
#define GRADUS_EMIT_AUTOGRAD_BINARY(Rule, function)                                   \
  namespace gradus {                                                                  \
  Variable function(Operand a, Operand b) {                                           \
    return record_binary<ops::Rule>(#function, function(a.value(), b.value()), a, b); \
  }                                                                                   \
  }
#define GRADUS_EMIT_AUTOGRAD_TERNARY(Rule, function)                    \
  namespace gradus {                                                    \
  Variable function(Operand a, Operand b, Operand c) {                  \
    Tensor y = function(a.value(), b.value(), c.value());               \
    return record_ternary<ops::Rule>(#function, std::move(y), a, b, c); \
  }                                                                     \
  }
#define GRADUS_EMIT_AUTOGRAD_UNARY_WITH(Rule, function)                            \
  namespace gradus {                                                               \
  Variable function(Operand x, const ops::Rule& rule) {                            \
    return record_unary<ops::Rule>(#function, function(x.value(), rule), x, rule); \
  }                                                                                \
  }
#define GRADUS_EMIT_AUTOGRAD_COMPARISON_WITH(Rule, function)       \
  namespace gradus {                                               \
  Variable function(Operand a, Operand b, const ops::Rule& rule) { \
    return function(a.value(), b.value(), rule);                   \
  }                                                                \
  }
#define GRADUS_EMIT_AUTOGRAD_PREDICATE(Rule, function)         \
  namespace gradus {                                           \
  Variable function(Operand x) { return function(x.value()); } \
  }
#define GRADUS_EMIT_AUTOGRAD_INTEGRAL_UNARY(Rule, function) \
  GRADUS_EMIT_AUTOGRAD_PREDICATE(Rule, function)
#define GRADUS_EMIT_AUTOGRAD_INTEGRAL(Rule, function) \
  GRADUS_EMIT_AUTOGRAD_COMPARISON(Rule, function)
#define GRADUS_EMIT_AUTOGRAD_COMPARISON(Rule, function)                              \
  namespace gradus {                                                                 \
  Variable function(Operand a, Operand b) { return function(a.value(), b.value()); } \
  }
#define GRADUS_EMIT_AUTOGRAD_UNARY_OPERATOR(function, op)            \
  namespace gradus {                                                 \
  Variable operator op(Operand x) { return function(std::move(x)); } \
  }
#define GRADUS_EMIT_AUTOGRAD_BINARY_OPERATOR(function, op)                                    \
  namespace gradus {                                                                          \
  Variable operator op(Operand a, Operand b) { return function(std::move(a), std::move(b)); } \
  }
