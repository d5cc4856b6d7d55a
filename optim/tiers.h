#pragma once
// The three tiers of update rules, and what a rule may have beyond the least (optim/rule.h).
//
//   element rules   operator()(theta, g, state...) is the whole update of an element.
//   scaled rules    have kSums, for sums over one tensor: measure(theta, g, state...) moves the
//                   state of an element and returns its terms of the sums; begin_apply(sums)
//                   computes, in double, what follows from them; then operator() as above.
//   matrix rules    have update(theta, g, state): Tensor code for one parameter.
//   stored rules    have Inner, the element rule that they are, whose state they keep in another
//                   form or place: load(arrays, begin, n, state) brings n elements of it to where
//                   Inner can work on them, store() takes them back. optim/apply_stored.h
//
// Optional for all:
//   kScalar                      names of numbers kept per parameter, saved with the state; then
//                                it is begin_step(t, kept), which reads and changes them (0 at
//                                first)
//   starts_at_theta(k)           whether state array k starts as a copy of theta
//   state_shape(k, shape)        the shape of state array k for a parameter of this shape, or
//                                nothing if it has none
//   state_dtype(k, computed)     its dtype, else the one that the rule computes in
//   kStateOnHost = true          the state stays in the memory of the host, wherever parameters are
//   kNeedsFinite = true          a gradient that is not finite is an error even where it would
//                                propagate: the step could not be completed
//   kSquaresTwice = true         a finite gradient whose norm to the fourth is not is refused too
//   written()                    the formula of the step begun, of a rule that cannot be run with
//                                letters; scale_written(), of a scaled rule: the s that
//                                begin_apply finds, and set_scale(s), which takes it
//   no decay_mode                the rule applies weight_decay itself
//   evaluation(theta, state) and training(theta, state)   the other point of a rule whose
//                                parameters are evaluated elsewhere than where gradients are taken;
//                                kScalar has "evaluating" then
#include <optional>
#include <span>

#include "optim/rule.h"
#include "tensor/tensor.h"

namespace gradus::optim {

template <class Rule>
concept ScaledRule = requires {
  Rule::kSums;
};

template <class Rule>
concept MatrixRule = requires(const Rule& rule, const Tensor& x, std::span<Tensor> state) {
  rule.update(x, x, state);
};

template <class Rule>
concept StoredRule = requires {
  typename Rule::Inner;
};

/// Stored rules that keep bytes: kMaps says how, see optim/rules/adam8bit.h.
template <class Rule>
concept ByteRule = StoredRule<Rule> && requires {
  Rule::kMaps;
};

template <class Rule>
concept ElementRule = !ScaledRule<Rule> && !MatrixRule<Rule> && !StoredRule<Rule>;

template <class Rule>
concept DecayedByEngine = requires(const Rule& rule) {
  rule.decay_mode;
};

template <class Rule>
concept EvaluatedElsewhere = requires(const Rule& rule, const Tensor& x, std::span<Tensor> state) {
  rule.evaluation(x, state);
};

/// Whether a rule's state can take a gradient without a step of theta: if it has some, and none of
/// it is a place where theta was.
template <class Rule>
constexpr bool can_accumulate() {
  return Rule::kState.size() > 0 && !EvaluatedElsewhere<Rule> && !requires {
    Rule::starts_at_theta(0);
  };
}

/// Whether a rule's state stays on the CPU for parameters of a device.
template <class Rule>
constexpr bool state_on_host() {
  return requires { requires Rule::kStateOnHost; };
}

/// How many numbers a rule keeps per parameter.
template <class Rule>
constexpr std::size_t scalar_count() {
  if constexpr (requires { Rule::kScalar; }) {
    return Rule::kScalar.size();
  } else {
    return 0;
  }
}

/// Prepares a rule for step t of a parameter that keeps these numbers.
template <class Rule>
void begin_step(Rule& rule, std::int64_t t, double* kept) {
  if constexpr (scalar_count<Rule>() > 0) {
    rule.begin_step(t, std::span<double>(kept, scalar_count<Rule>()));
  } else {
    rule.begin_step(t);
  }
}

/// The shape of state array k of a parameter, nothing if it has none.
template <class Rule>
std::optional<Shape> state_shape(const Rule& rule, std::size_t k, const Shape& shape) {
  if constexpr (requires { rule.state_shape(k, shape); }) {
    return rule.state_shape(k, shape);
  } else {
    return shape;
  }
}

/// The dtype of state array k of a parameter that is computed in `computed`.
template <class Rule>
DType state_dtype(std::size_t k, DType computed) {
  if constexpr (requires { Rule::state_dtype(k, computed); }) {
    return Rule::state_dtype(k, computed);
  } else {
    return computed;
  }
}

/// State array k of a parameter before its first step; undefined if it has none. theta is in the
/// dtype that the rule computes in.
template <class Rule>
Tensor new_state(const Rule& rule, std::size_t k, const Tensor& theta) {
  if constexpr (requires { Rule::starts_at_theta(k); }) {
    if (Rule::starts_at_theta(k)) return theta.clone();
  }
  const std::optional<Shape> shape = state_shape(rule, k, theta.shape());
  if (!shape) return Tensor();
  double start = 0;
  if constexpr (requires { rule.initial_state(k); }) start = rule.initial_state(k);
  const Device device = state_on_host<Rule>() ? kCpu : theta.device();
  return full(*shape, start, state_dtype<Rule>(k, theta.dtype()), device);
}

}  // namespace gradus::optim
