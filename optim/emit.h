#pragma once
// The body of Optimizer<Rule>. Only the generated sources include it (one per rule), and programs
// that define a rule of their own:
//   #include "optim/emit.h"
//   struct MyRule { ... };
//   GRADUS_EMIT_OPTIM_UPDATE_RULE(MyRule);   // inside no namespace; MyRule in gradus::optim
#include "autograd/node.h"
#include "optim/apply_scaled.h"
#include "optim/apply_stored.h"
#include "optim/cuda/apply.h"
#include "optim/optimizer.h"
#include "optim/symbol.h"

namespace gradus::optim {

template <class Rule>
Optimizer<Rule>::Optimizer(NamedParameters parameters, Rule rule) {
  add_group("default", std::move(parameters), rule);
}

NamedParameters numbered(const std::vector<Variable>& parameters);

template <class Rule>
Optimizer<Rule>::Optimizer(const std::vector<Variable>& parameters, Rule rule)
    : Optimizer(numbered(parameters), rule) {}

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
Optimizer<Rule>::Optimizer(const ParameterGroups& groups, Rule rule) {
  groups.check();
  for (const ParameterGroups::Group& each : groups.groups()) {
    const GroupSettings& settings = each.settings;
    Rule own = rule;
    const auto set = [&](const char* name, const auto& value) {
      if (value) assign_hyper_parameter(own, name, static_cast<double>(*value));
    };
    set("lr", settings.lr);
    set("weight_decay", settings.weight_decay);
    set("momentum", settings.momentum);
    set("beta1", settings.beta1);
    set("beta2", settings.beta2);
    set("eps", settings.eps);
    set("decay_mode", settings.decay_mode);
    for (const auto& [name, value] : settings.others) assign_hyper_parameter(own, name, value);
    const double scale = settings.lr_scale.value_or(1);
    check_range(Rule::kName, "lr_scale", scale, Range::kPositive);
    own.lr *= scale;
    check(own);
    add_members(settings.name, each.parameters, own.lr, scale);
    rules_.push_back(own);
  }
}

template <class Rule>
void Optimizer<Rule>::add_group(std::string name, NamedParameters parameters, Rule rule) {
  check(rule);
  add_members(std::move(name), std::move(parameters), rule.lr, 1);
  rules_.push_back(rule);
}

template <class Rule>
Rule& Optimizer<Rule>::group(const std::string& name) {
  return rules_[find_group(name)];
}

template <class Rule>
double Optimizer<Rule>::hyper_parameter(const std::string& name) const {
  double result = 0;
  with_hyper_parameter<Rule>(rules_.front(), name, [&](const auto& value, auto...) {
    result = static_cast<double>(value);
  });
  return result;
}

template <class Rule>
std::span<const char* const> Optimizer<Rule>::scalar_names() const {
  if constexpr (scalar_count<Rule>() > 0) {
    return Rule::kScalar;
  } else {
    return {};
  }
}

template <class Rule>
Tensor Optimizer<Rule>::make_array(std::size_t group, std::size_t k, const Tensor& theta) const {
  return new_state(rules_[group], k, theta);
}

template <class Rule>
std::optional<Shape> Optimizer<Rule>::array_shape(std::size_t group, std::size_t k,
                                                  const Shape& shape) const {
  return state_shape(rules_[group], k, shape);
}

template <class Rule>
void Optimizer<Rule>::check_rule(std::size_t group) const {
  if constexpr (EvaluatedElsewhere<Rule>) {
    for (const Member& member : groups_[group].members) {
      if (member.scalars.back() == 0) continue;
      fail("step: the parameters are where they are evaluated; expected train() before");
    }
  }
  if (groups_[group].in_float) {
    check_float("lr", rules_[group].lr);
    if constexpr (requires { rules_[group].eps; }) check_float("eps", rules_[group].eps);
  }
  check(rules_[group]);
  if constexpr (DecayedByEngine<Rule>) {
    const Rule& rule = rules_[group];
    const bool relative = rule.decay_mode == DecayMode::kFullyDecoupled && rule.weight_decay != 0;
    if (relative && rule.lr != 0 && groups_[group].max_lr == 0) {
      fail("max_lr: 0, the lr that group '" + groups_[group].name +
           "' began with; expected set_max_lr() before lr rises, since fully decoupled decay is "
           "relative to it");
    }
  }
}

template <class Rule>
void Optimizer<Rule>::check_setting(const std::string& name, double value) const {
  Rule tried = rules_.front();
  assign_hyper_parameter(tried, name, value);
}

template <class Rule>
void Optimizer<Rule>::assign(std::size_t group, const std::string& name, double value) {
  with_hyper_parameter<Rule>(rules_[group], name,
                             [&]<class T>(T& member, auto...) { member = static_cast<T>(value); });
}

template <class Rule>
void Optimizer<Rule>::each_setting(std::size_t group,
                                   const std::function<void(const char*, double)>& f) const {
  Rule::hyper_parameters(rules_[group], [&](const char* name, const auto& value, auto...) {
    f(name, static_cast<double>(value));
  });
}

template <class Rule>
void Optimizer<Rule>::update(std::size_t group, std::span<const Work> work, const Launch& launch) {
  if constexpr (MatrixRule<Rule>) {
    for (std::size_t i = 0; i < work.size(); ++i) {
      Member& member = *work[i].member;
      try {
        Rule rule = rules_[group];
        std::vector<double> kept = member.scalars;
        begin_step(rule, member.steps, kept.data());
        const Tensor& parameter = member.variable.node()->value();
        if (parameter.numel() == 0) continue;
        const Tensor theta = launch.keep_theta ? whole(member).clone() : whole(member);
        rule.update(theta, prepared_gradient(parameter, work[i].g, launch.gradient), member.state);
        member.scalars = std::move(kept);
        if (!launch.keep_theta) put_whole(member, theta);
      } catch (...) {  // a rule that fails has changed nothing: this one and the rest do not count
        for (; i < work.size(); ++i) --work[i].member->steps;
        throw;
      }
    }
  } else {
    // Nearly always there is one device, but each parameter may have its own.
    std::size_t done =
        update_on(work.front().member->variable.node()->value().device(), group, work, launch);
    for (std::size_t i = 1; done < work.size(); ++i) {
      const auto device_of = [](const Work& w) {
        return w.member->variable.node()->value().device();
      };
      const Device device = device_of(work[i]);
      const bool was_there = std::any_of(work.begin(), work.begin() + i, [&](const Work& before) {
        return device_of(before) == device;
      });
      if (!was_there) done += update_on(device, group, work, launch);
    }
  }
}

template <class Rule>
std::size_t Optimizer<Rule>::update_on(Device device, std::size_t group, std::span<const Work> work,
                                       const Launch& launch) {
  // Kept, so that small steps do not allocate.
  thread_local std::vector<Slot<kStates>> slots;
  slots.clear();
  for (const Work& each : work) {
    const Tensor& theta = each.member->variable.node()->value();
    if (theta.device() != device) continue;
    // Filled in place: a copy would wait for the stores of its members.
    Slot<kStates>& slot = slots.emplace_back();
    slot.theta = address_of(theta);
    slot.g = each.g;
    for (std::size_t k = 0; k < kStates; ++k) {
      const Tensor& array = each.member->state[k];
      slot.state[k] = array.defined() ? address_of(array) : nullptr;
    }
    slot.n = theta.numel();
    slot.step = each.member->steps;
    slot.dtype = theta.dtype();
    slot.low = each.member->low.defined() ? address_of(each.member->low) : nullptr;
    slot.key = each.member->key;
    slot.scalars = each.member->scalars.data();
  }
  if constexpr (!MatrixRule<Rule>) {
    const std::span<const Slot<kStates>> all = slots;
    if (device.is_cpu()) {
      apply<Rule, kStates>(rules_[group], all, launch);
    } else if constexpr (state_on_host<Rule>()) {
      apply_streamed<Rule, kStates>(device, rules_[group], all, launch);
    } else {
      apply_there<Rule, kStates>(device, rules_[group], all, launch);
    }
  }
  return slots.size();
}

template <class Rule>
std::string Optimizer<Rule>::formula(std::size_t group, std::int64_t t) const {
  if constexpr (requires(Rule rule) { rule.written(); }) {
    Rule rule = rules_[group];
    rule.begin_step(t);
    return rule.written();
  } else if constexpr (requires { requires !Rule::kSymbolic; }) {
    return "";
  } else {
    // As it will be for the first parameter that comes to this step.
    std::vector<double> kept(scalar_count<Rule>());
    for (const Member& member : groups_[group].members) {
      if (member.steps + 1 != t) continue;
      kept = member.scalars;
      break;
    }
    if constexpr (StoredRule<Rule>) {
      return symbolic::formula_of<typename Rule::Inner>(rules_[group], t, kept);
    } else {
      return symbolic::formula_of(rules_[group], t, kept);
    }
  }
}

template <class Rule>
void Optimizer<Rule>::set_evaluating([[maybe_unused]] bool on) {
  if constexpr (EvaluatedElsewhere<Rule>) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (Member& member : groups_[g].members) {
        if (member.steps == 0 || (member.scalars.back() != 0) == on) continue;
        const Tensor theta = whole(member);
        put_whole(member, on ? rules_[g].evaluation(theta, member.state)
                             : rules_[g].training(theta, member.state));
        member.scalars.back() = on ? 1 : 0;
      }
    }
  }
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
