#include "nn/module.h"

#include <algorithm>

namespace gradus::nn {

std::vector<std::pair<std::string, Variable>> Module::named_parameters() const {
  std::vector<std::pair<std::string, Variable>> all;
  collect("", all);
  return all;
}

std::vector<Variable> Module::parameters() const {
  std::vector<Variable> all;
  for (auto& [name, variable] : named_parameters()) all.push_back(variable);
  return all;
}

void Module::train(bool on) {
  training_ = on;
  for (auto& [name, module] : children_) module->train(on);
}

void Module::zero_grad() const {
  for (const auto& [name, variable] : named_parameters()) variable.zero_grad();
}

Variable Module::parameter(const std::string& name, Tensor value) {
  check_name(name);
  parameters_.emplace_back(name, gradus::parameter(std::move(value)));
  return parameters_.back().second;
}

void Module::adopt(const std::string& name, std::shared_ptr<Module> module) {
  check_name(name);
  children_.emplace_back(name, std::move(module));
}

void Module::check_name(const std::string& name) const {
  const auto same = [&](const auto& entry) { return entry.first == name; };
  const bool taken = std::any_of(parameters_.begin(), parameters_.end(), same) ||
                     std::any_of(children_.begin(), children_.end(), same);
  if (!name.empty() && name.find('.') == std::string::npos && !taken) return;
  throw ConfigError("[Module] name: '" + name +
                    "'; expected one that is new in this module, not empty and without dots");
}

void Module::collect(const std::string& prefix,
                     std::vector<std::pair<std::string, Variable>>& into) const {
  for (const auto& [name, variable] : parameters_) {
    const auto same = [&, v = variable](const auto& e) { return e.second.node() == v.node(); };
    if (std::none_of(into.begin(), into.end(), same)) into.emplace_back(prefix + name, variable);
  }
  for (const auto& [name, module] : children_) module->collect(prefix + name + ".", into);
}

}  // namespace gradus::nn
