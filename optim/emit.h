#pragma once
// The body of Optimizer<Rule>. Only the generated sources include it (one per rule), and programs
// that define a rule of their own:
//   #include "optim/emit.h"
//   struct MyRule { ... };
//   GRADUS_EMIT_OPTIM_UPDATE_RULE(MyRule);   // inside no namespace; MyRule in gradus::optim
#include <map>
#include <set>

#include "autograd/node.h"
#include "optim/apply.h"
#include "optim/apply_scaled.h"
#include "optim/emit_tiers.h"
#include "optim/optimizer.h"

namespace gradus::optim {

template <class Rule>
Optimizer<Rule>::Optimizer(NamedParameters parameters, Rule rule) {
  add_group("default", std::move(parameters), rule);
}

inline NamedParameters numbered(const std::vector<Variable>& parameters) {
  NamedParameters named;
  for (const Variable& p : parameters) named.emplace_back(std::to_string(named.size()), p);
  return named;
}

template <class Rule>
Optimizer<Rule>::Optimizer(const std::vector<Variable>& parameters, Rule rule)
    : Optimizer(numbered(parameters), rule) {}

template <class Rule>
void Optimizer<Rule>::add_group(std::string name, NamedParameters parameters, Rule rule) {
  const auto fail = [&](const std::string& text) {
    throw ConfigError("[" + std::string(Rule::kName) + "] " + text);
  };
  check(rule);
  if (parameters.empty()) fail("parameters: none; expected at least one");
  std::set<std::string> names;
  std::set<const Node*> nodes;
  std::map<const void*, const void*> memory;  // begin -> end of each parameter
  const auto span_of = [](const Variable& v) {
    const auto* begin = static_cast<const std::byte*>(v.value().raw_data());
    return std::pair<const void*, const void*>(begin, begin + v.numel() * size_of(v.dtype()));
  };
  for (const Group& group : groups_) {
    if (group.name == name) fail("group: '" + name + "' is there already; expected a new name");
    for (const Member& member : group.members) {
      names.insert(member.name);
      nodes.insert(member.variable.node());
      if (member.variable.numel() > 0) memory.insert(span_of(member.variable));
    }
  }
  Group group{std::move(name), rule, {}};
  for (auto& [parameter, variable] : parameters) {
    const std::string who = "parameter '" + parameter + "'";
    if (!variable.defined()) fail(who + " is undefined; expected a variable with elements");
    if (variable.dtype() != kFloat32 && variable.dtype() != kFloat64) {
      fail(who + " is " + std::string(gradus::name(variable.dtype())) +
           "; expected float32 or float64");
    }
    if (!variable.value().is_contiguous())
      fail(who + " is a strided view; expected its own memory");
    if (!names.insert(parameter).second) fail(who + " is there already; expected distinct names");
    if (!nodes.insert(variable.node()).second) {
      fail(who + " is the same variable as another; expected each once");
    }
    if (variable.numel() > 0) {
      const auto span = span_of(variable);
      const auto after = memory.lower_bound(span.first);
      const bool overlaps = (after != memory.end() && after->first < span.second) ||
                            (after != memory.begin() && std::prev(after)->second > span.first);
      if (overlaps) fail(who + " shares elements with another; expected memory of its own");
      memory.insert(span);
    }
    group.members.push_back({std::move(parameter), std::move(variable), {}, 0, {}});
  }
  groups_.push_back(std::move(group));
}

template <class Rule>
Rule& Optimizer<Rule>::group(const std::string& name) {
  std::string known;
  for (Group& group : groups_) {
    if (group.name == name) return group.rule;
    known += (known.empty() ? "'" : ", '") + group.name + "'";
  }
  throw ConfigError("[" + std::string(Rule::kName) + "] group: '" + name + "'; expected one of " +
                    known);
}

template <class Rule>
void Optimizer<Rule>::step(std::source_location where) {
  // Kept, so that small steps do not allocate.
  thread_local std::vector<Slot<kStates>> slots;
  thread_local std::vector<Member*> stepping;
  for (const Group& group : groups_) check(group.rule);
  if constexpr (EvaluatedElsewhere<Rule>) {
    if (evaluating()) {
      throw ConfigError("[" + std::string(Rule::kName) +
                        "] step: the parameters are where they are evaluated; expected train() "
                        "before");
    }
  }
  for (Group& group : groups_) {
    slots.clear();
    stepping.clear();
    // Copies of gradients with gaps live until the launch is over.
    std::vector<Tensor> copies;
    for (Member& member : group.members) {
      // Read through the node: handles would cost more than the update of a small parameter.
      const Node& node = *member.variable.node();
      if (!node.requires_grad() || !node.grad.defined()) continue;
      const Tensor &theta = node.value(), &g = node.grad.node()->value();
      // Filled in place: a copy would wait for the stores of its members.
      Slot<kStates>& slot = slots.emplace_back();
      theta.mark_changed(where);
      slot.theta = theta.raw_data();
      slot.n = theta.numel();
      slot.step = member.steps + 1;
      stepping.push_back(&member);
      slot.dtype = theta.dtype();
      // The launcher is promised that its arrays do not overlap.
      if (g.is_contiguous() && !g.shares_storage_with(theta)) {
        slot.g = g.raw_data();
      } else {
        copies.push_back(g.clone());
        slot.g = copies.back().raw_data();
      }
      for (std::size_t k = 0; k < kStates; ++k) {
        if (!member.state[k].defined()) {
          member.state[k] = new_state(group.rule, k, theta);
        }
        if (member.state[k].defined()) slot.state[k] = member.state[k].raw_data();
      }
      slot.scalars = member.scalars.data();
    }
    // Nothing can fail any more: only now the steps count.
    for (Member* member : stepping) ++member->steps;
    if constexpr (MatrixRule<Rule>) {
      for (Member* member : stepping) {
        update_matrix(group.rule, member->steps, member->scalars.data(), member->variable,
                      member->state);
      }
    } else {
      apply<Rule, kStates>(group.rule, slots);
    }
  }
}

template <class Rule>
void Optimizer<Rule>::zero_grad() {
  for (Group& group : groups_) {
    for (Member& member : group.members) member.variable.zero_grad();
  }
}

/// Calls f(member, range) for the hyper-parameter with this name. Throws ConfigError.
template <class Rule, class Self, class F>
void with_hyper_parameter(Self& rule, const std::string& name, F&& f) {
  bool found = false;
  std::string known;
  Rule::hyper_parameters(rule, [&](const char* each, auto& value, auto... range) {
    known += (known.empty() ? "" : ", ") + std::string(each);
    if (name != each) return;
    found = true;
    f(value, range...);
  });
  if (found) return;
  throw ConfigError("[" + std::string(Rule::kName) + "] hyper-parameter: '" + name +
                    "'; expected one of " + known);
}

/// Sets the hyper-parameter with this name. Throws ConfigError, then nothing has changed.
template <class Rule>
void assign_hyper_parameter(Rule& rule, const std::string& name, double value) {
  with_hyper_parameter<Rule>(rule, name, [&]<class T>(T& member, auto... range) {
    check_value<T>(Rule::kName, name.c_str(), value, range...);
    member = static_cast<T>(value);
  });
}

template <class Rule>
double Optimizer<Rule>::hyper_parameter(const std::string& name) const {
  double result = 0;
  with_hyper_parameter<Rule>(groups_.front().rule, name, [&](const auto& value, auto...) {
    result = static_cast<double>(value);
  });
  return result;
}

template <class Rule>
void Optimizer<Rule>::set_hyper_parameter(const std::string& name, double value) {
  for (Group& group : groups_) assign_hyper_parameter(group.rule, name, value);
}

template <class Rule>
StateDict Optimizer<Rule>::state_dict() const {
  StateDict saved;
  saved.rule = Rule::kName;
  for (const Group& group : groups_) {
    Rule::hyper_parameters(group.rule, [&](const char* name, const auto& value, auto...) {
      saved.groups[group.name][name] = static_cast<double>(value);
    });
    for (const Member& member : group.members) {
      const Tensor step = zeros({}, kInt64);
      *step.data<std::int64_t>() = member.steps;
      saved.tensors[member.name + "/step"] = step;
      for (std::size_t k = 0; k < kStates; ++k) {
        if (!member.state[k].defined()) continue;
        saved.tensors[member.name + "/" + Rule::kState[k]] = member.state[k].clone();
      }
      if constexpr (scalar_count<Rule>() > 0) {
        for (std::size_t k = 0; k < scalar_count<Rule>(); ++k) {
          saved.tensors[member.name + "/" + Rule::kScalar[k]] =
              full({}, member.scalars[k], kFloat64);
        }
      }
    }
  }
  return saved;
}

template <class Rule>
void Optimizer<Rule>::load_state_dict(const StateDict& saved) {
  const auto fail = [](const std::string& text) {
    throw ConfigError("[" + std::string(Rule::kName) + "] state_dict: " + text);
  };
  if (saved.rule != Rule::kName) fail("made by " + saved.rule + "; expected " + Rule::kName);
  std::deque<Group> loaded = groups_;
  std::size_t used = 0;
  for (Group& group : loaded) {
    const auto found = saved.groups.find(group.name);
    if (found == saved.groups.end()) fail("no group '" + group.name + "'; expected it");
    for (const auto& [name, value] : found->second) {
      assign_hyper_parameter(group.rule, name, value);
    }
    for (Member& member : group.members) {
      const auto step = saved.tensors.find(member.name + "/step");
      if (step == saved.tensors.end()) fail("no '" + member.name + "/step'; expected it");
      ++used;
      if (step->second.dtype() != kInt64) {
        throw DTypeError("[" + std::string(Rule::kName) + "] state_dict: '" + member.name +
                         "/step' is " + std::string(name(step->second.dtype())) +
                         "; expected int64");
      }
      const auto steps = static_cast<std::int64_t>(step->second.item());
      if (steps < 0) fail("'" + member.name + "/step' is negative; expected >= 0");
      member.steps = steps;
      for (std::size_t k = 0; k < kStates; ++k) {
        const std::string key = member.name + "/" + Rule::kState[k];
        const auto entry = saved.tensors.find(key);
        const std::optional<Shape> shape =
            state_shape(group.rule, k, member.variable.value().shape());
        if (entry == saved.tensors.end()) {
          if (steps > 0 && shape)
            fail("no '" + key + "'; expected it, since the parameter has taken steps");
          member.state[k] = Tensor();
          continue;
        }
        ++used;
        const Tensor& x = entry->second;
        const Tensor& theta = member.variable.value();
        if (!shape) fail("'" + key + "' is there; expected none with these settings");
        if (x.shape() != *shape) {
          throw ShapeError("[" + std::string(Rule::kName) + "] state_dict: '" + key + "' is " +
                           to_string(x.shape()) + "; expected " + to_string(*shape));
        }
        if (x.dtype() != theta.dtype()) {
          throw DTypeError("[" + std::string(Rule::kName) + "] state_dict: '" + key + "' is " +
                           std::string(name(x.dtype())) + "; expected " +
                           std::string(name(theta.dtype())));
        }
        member.state[k] = x.clone();
      }
      used += load_scalars<Rule>(saved, member.name, member.scalars.data());
    }
  }
  if (saved.groups.size() != loaded.size()) fail("has groups that this optimizer lacks");
  if (saved.tensors.size() != used) fail("has parameters that this optimizer lacks");
  // One by one, so that references to rules stay valid.
  std::move(loaded.begin(), loaded.end(), groups_.begin());
}

}  // namespace gradus::optim

#define GRADUS_EMIT_OPTIM_UPDATE_RULE(Rule)                              \
  namespace gradus::optim {                                              \
  template class Optimizer<Rule>;                                        \
  [[maybe_unused]] static const bool kRegistered##Rule =                 \
      register_rule(Rule::kName, [](NamedParameters parameters) {        \
        return std::make_unique<Optimizer<Rule>>(std::move(parameters)); \
      });                                                                \
  }
