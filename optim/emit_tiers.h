#pragma once
// Parts of the body of Optimizer<Rule> that only some tiers of rules need (optim/tiers.h).
#include "optim/optimizer.h"

namespace gradus::optim {

/// Updates one parameter by a matrix rule.
template <class Rule>
void update_matrix(Rule rule, std::int64_t t, double* kept, const Variable& parameter,
                   std::span<Tensor> state) {
  const Tensor &theta = parameter.value(), g = parameter.grad().value();
  begin_step(rule, t, kept);
  if (theta.numel() == 0) return;
  rule.update(theta, g.shares_storage_with(theta) ? g.clone() : g, state);
}

/// Reads the numbers that a rule keeps for a parameter, and returns how many. Throws ConfigError.
template <class Rule>
std::size_t load_scalars(const StateDict& saved, const std::string& parameter, double* kept) {
  if constexpr (scalar_count<Rule>() > 0) {
    const auto fail = [](const std::string& text) {
      throw ConfigError("[" + std::string(Rule::kName) + "] state_dict: " + text);
    };
    for (std::size_t k = 0; k < scalar_count<Rule>(); ++k) {
      const std::string key = parameter + "/" + Rule::kScalar[k];
      const auto entry = saved.tensors.find(key);
      if (entry == saved.tensors.end()) fail("no '" + key + "'; expected it");
      const Tensor& x = entry->second;
      if (x.numel() != 1 || x.dtype() != kFloat64) {
        fail("'" + key + "' is " + std::string(name(x.dtype())) + " " + to_string(x.shape()) +
             "; expected one float64");
      }
      kept[k] = x.item();
    }
  }
  return scalar_count<Rule>();
}

template <class Rule>
bool Optimizer<Rule>::is_elementwise() const {
  return ElementRule<Rule>;
}

template <class Rule>
bool Optimizer<Rule>::evaluating() const {
  bool found = false;
  if constexpr (EvaluatedElsewhere<Rule>) {
    for (const Group& group : groups_) {
      for (const Member& member : group.members) found = found || member.scalars.back() != 0;
    }
  }
  return found;
}

template <class Rule>
void Optimizer<Rule>::set_evaluating(bool on) {
  if constexpr (EvaluatedElsewhere<Rule>) {
    for (Group& group : groups_) {
      for (Member& member : group.members) {
        if (member.steps == 0 || (member.scalars.back() != 0) == on) continue;
        const Tensor& theta = member.variable.value();
        theta.copy_from(on ? group.rule.evaluation(theta, member.state)
                           : group.rule.training(theta, member.state));
        member.scalars.back() = on ? 1 : 0;
      }
    }
  }
}

}  // namespace gradus::optim
