#include "optim/torch_state.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "tensor/elementwise/mul.h"
#include "tensor/error.h"

namespace gradus::optim {
namespace {

// Our name of a state array, or of a number kept per parameter, and torch's.
using Words = std::vector<std::pair<std::string, std::string>>;
const std::map<std::string, Words>& words() {
  static const Words adam = {{"m", "exp_avg"}, {"v", "exp_avg_sq"}};
  static const Words squares = {{"s", "square_avg"}}, buffer = {{"v", "momentum_buffer"}};
  static const Words centered = {{"s", "square_avg"}, {"a", "grad_avg"}};
  static const auto joined = [](Words a, const Words& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  static const std::map<std::string, Words> all = {
      {"SGD", {}},
      {"Momentum", buffer},
      {"Nesterov", buffer},
      {"Muon", {{"B", "momentum_buffer"}}},
      {"AdaGrad", {{"s", "sum"}}},
      {"Adadelta", {{"s", "square_avg"}, {"d", "acc_delta"}}},
      {"RMSProp", squares},
      {"RMSPropMomentum", joined(squares, buffer)},
      {"CenteredRMSProp", centered},
      {"CenteredRMSPropMomentum", joined(centered, buffer)},
      {"Adam", adam},
      {"AdamW", adam},
      {"RAdam", adam},
      {"NAdam", joined(adam, {{"mu_product", "mu_product"}})},
      {"Adamax", {{"m", "exp_avg"}, {"u", "exp_inf"}}},
      {"Adafactor", {{"row", "row_var"}, {"column", "col_var"}, {"v", "variance"}}},
      {"AMSGrad", {{"m", "exp_avg"}, {"v", "exp_avg_sq"}, {"v_max", "max_exp_avg_sq"}}}};
  return all;
}

// Hyper-parameters whose names differ. A DecayMode of 0 and 1 is torch's False and True.
const std::vector<std::pair<std::string, std::string>> kOtherNames = {
    {"beta1", "betas.0"},
    {"beta2", "betas.1"},
    {"decay_mode", "decoupled_weight_decay"},
    {"initial_accumulator", "initial_accumulator_value"},
    {"rounds", "ns_steps"},
    {"eps2", "eps.1"},
    {"clip", "d"}};

// Torch writes Adafactor's exponent as a negative number; there is no other name with it.
double other_sign(const std::string& name, double value) {
  return name == "beta2_decay" ? -value : value;
}

// SGD and Muon of torch count no steps.
bool counts_steps(const Words& states) {
  return !states.empty() && states[0].second != "momentum_buffer";
}

std::string torch_name(const std::string& ours) {
  for (const auto& [name, other] : kOtherNames) {
    if (name == ours) return other;
  }
  return ours;
}

const Words& words_of(const char* function, const std::string& rule) {
  const auto found = words().find(rule);
  if (found != words().end()) return found->second;
  std::string known;
  for (const auto& [name, each] : words()) known += (known.empty() ? "" : ", ") + name;
  throw ConfigError("[" + std::string(function) + "] rule: " + rule + "; expected one of " + known);
}

// The indices in "0,2,3".
std::vector<std::size_t> indices(const std::string& text) {
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < text.size();) {
    char* end = nullptr;
    result.push_back(std::strtoull(text.c_str() + at, &end, 10));
    at = static_cast<std::size_t>(end - text.c_str()) + 1;
  }
  return result;
}

std::string exact(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

// What the file says of one group; nothing when it has no such group.
std::map<std::string, std::string> settings_of(const TorchState& torch, std::size_t group) {
  std::map<std::string, std::string> settings;
  const std::string prefix = "group." + std::to_string(group) + ".";
  for (const auto& [key, value] : torch.metadata) {
    if (key.starts_with(prefix)) settings[key.substr(prefix.size())] = value;
  }
  return settings;
}

}  // namespace

StateDict from_torch(const TorchState& torch, const StateDict& like,
                     const std::vector<std::string>& names) {
  const Words& states = words_of("from_torch", like.rule);
  std::map<std::string, Tensor> given(torch.tensors.begin(), torch.tensors.end());
  StateDict result = like;
  std::size_t parameters = 0;
  std::vector<std::map<std::string, std::string>> groups;
  while (true) {
    auto settings = settings_of(torch, groups.size());
    if (settings.empty()) break;
    parameters += indices(settings["params"]).size();
    if (std::strtod(settings["maximize"].c_str(), nullptr) != 0) {
      throw ConfigError(
          "[from_torch] maximize: 1 in the file; expected 0; it is one of EngineOptions here");
    }
    groups.push_back(std::move(settings));
  }
  if (parameters != names.size()) {
    throw ConfigError("[from_torch] parameters: " + std::to_string(parameters) +
                      " in the file and " + std::to_string(names.size()) +
                      " names; expected equally many");
  }
  if (groups.size() != like.groups.size()) {
    throw ConfigError("[from_torch] groups: " + std::to_string(groups.size()) +
                      " in the file and " + std::to_string(like.groups.size()) +
                      " in the optimizer; expected equally many");
  }
  if (groups.size() == 1) {  // more of them have no common names
    for (auto& [name, value] : result.groups.begin()->second) {
      const auto found = groups[0].find(torch_name(name));
      if (found != groups[0].end()) {
        value = other_sign(name, std::strtod(found->second.c_str(), nullptr));
      }
    }
  }
  std::string expected;
  for (const auto& [ours, theirs] : states) expected += (expected.empty() ? "" : ", ") + theirs;
  double most = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string prefix = "state." + std::to_string(i);
    std::int64_t steps = 0;
    for (const auto& [ours, theirs] : states) {
      const auto found = given.find(prefix + "." + theirs);
      if (found == given.end()) {
        // It never had a gradient; or it is a vector's or a matrix's array of Adafactor, of which
        // load_state_dict() knows which there must be.
        if (steps == 0 && !given.contains(prefix + ".step")) break;
        if (like.rule == "Adafactor") continue;
        throw ConfigError("[from_torch] " + prefix + ": no '" + theirs + "'; expected " + expected);
      }
      const Tensor& x = found->second;
      const bool number = like.tensors.contains(names[i] + "/" + ours) && x.numel() == 1 &&
                          like.tensors.at(names[i] + "/" + ours).dtype() == kFloat64 &&
                          ours == theirs;
      result.tensors.insert_or_assign(names[i] + "/" + ours,
                                      number ? full({}, x.item(), kFloat64)
                                             : x.to(x.dtype() == kFloat64 ? kFloat64 : kFloat32));
      steps = 1;
    }
    const auto step = given.find(prefix + ".step");
    if (step != given.end()) steps = static_cast<std::int64_t>(step->second.item());
    const Tensor counted = zeros({}, kInt64);
    *counted.data<std::int64_t>() = steps;
    result.tensors.insert_or_assign(names[i] + "/step", counted);
    most = std::max(most, static_cast<double>(steps));
  }
  result.engine["steps"] = most;
  return result;
}

StateDict from_optimi(const TorchState& optimi, const StateDict& like,
                      const std::vector<std::string>& names) {
  if (like.rule != "Adam" && like.rule != "AdamW" && like.rule != "StableAdamW") {
    throw ConfigError("[from_optimi] rule: " + like.rule +
                      "; expected one of Adam, AdamW, StableAdamW");
  }
  TorchState torch = optimi;
  for (const auto& [key, value] : optimi.metadata) {  // in the words of torch
    const std::size_t at = key.rfind(".beta");
    if (at != std::string::npos && at + 6 == key.size()) {
      torch.metadata[key.substr(0, at) + ".betas." + (key.back() == '1' ? "0" : "1")] = value;
    }
  }
  const auto step = optimi.metadata.find("group.0.step");
  std::map<std::string, Tensor> given(torch.tensors.begin(), torch.tensors.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string prefix = "state." + std::to_string(i) + ".";
    if (given.contains(prefix + "kahan_comp") && given.at(prefix + "kahan_comp").numel() > 0) {
      throw ConfigError("[from_optimi] " + prefix +
                        "kahan_comp: a compensation; expected parameters of float32 or float64");
    }
    if (given.contains(prefix + "step") || !given.contains(prefix + "exp_avg")) continue;
    if (step == optimi.metadata.end()) {
      throw ConfigError("[from_optimi] " + prefix + "step: not there; expected it or group.0.step");
    }
    torch.tensors.emplace_back(prefix + "step",
                               full({}, std::strtod(step->second.c_str(), nullptr)));
  }
  StateDict as_adam = like;
  as_adam.rule = "Adam";  // whose arrays have the same names
  StateDict result = from_torch(torch, as_adam, names);
  result.rule = like.rule;
  const auto& settings = result.groups.begin()->second;
  for (const std::string& name : names) {
    const double t = result.tensors.at(name + "/step").item();
    for (const auto& [array, beta] : {std::pair{"/m", "beta1"}, std::pair{"/v", "beta2"}}) {
      const auto found = result.tensors.find(name + array);
      if (found == result.tensors.end()) continue;
      found->second = found->second * (1 - std::pow(settings.at(beta), t));
    }
  }
  return result;
}

TorchState to_torch(const StateDict& state, const std::vector<std::string>& names) {
  const Words& states = words_of("to_torch", state.rule);
  TorchState torch;
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    all += (i == 0 ? "" : ",") + std::to_string(i);
    const std::string prefix = "state." + std::to_string(i) + ".";
    if (state.tensors.contains(names[i] + "/low")) {
      throw ConfigError("[to_torch] '" + names[i] +
                        "/low': torch keeps no master copy; expected parameters of float32 or "
                        "float64");
    }
    const auto step = state.tensors.find(names[i] + "/step");
    if (step == state.tensors.end()) {
      throw ConfigError("[to_torch] names: '" + names[i] + "' has no state; expected a parameter");
    }
    if (step->second.item() == 0) continue;
    for (const auto& [ours, theirs] : states) {
      const auto found = state.tensors.find(names[i] + "/" + ours);
      if (found == state.tensors.end()) continue;  // Adafactor keeps some of its arrays
      const bool number = ours == theirs;          // NAdam's product of mu
      torch.tensors.emplace_back(prefix + theirs,
                                 number ? found->second.to(kFloat32) : found->second.clone());
    }
    if (counts_steps(states)) {
      torch.tensors.emplace_back(prefix + "step", full({}, step->second.item(), kFloat32));
    }
  }
  if (state.groups.size() != 1) {
    throw ConfigError("[to_torch] groups: " + std::to_string(state.groups.size()) +
                      "; expected one, since torch's have no names");
  }
  for (const auto& [name, value] : state.groups.begin()->second) {
    torch.metadata["group.0." + torch_name(name)] = exact(other_sign(name, value));
  }
  torch.metadata["group.0.params"] = all;
  return torch;
}

}  // namespace gradus::optim
