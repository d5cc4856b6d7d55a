#include "optim/optimizer.h"

namespace gradus::optim {
namespace {

std::map<std::string, OptimizerFactory>& registry() {
  static std::map<std::string, OptimizerFactory> rules;
  return rules;
}

}  // namespace

void throw_out_of_range(const char* rule, const char* parameter, double value, Range range) {
  const std::string name = parameter;
  std::string expected;
  switch (range) {
    case Range::kPositive:
      expected = name + " > 0 and finite";
      break;
    case Range::kNonNegative:
      expected = name + " >= 0 and finite";
      break;
    case Range::kFraction:
      expected = "0 <= " + name + " < 1";
      break;
    case Range::kOpenFraction:
      expected = "0 < " + name + " < 1";
      break;
    case Range::kUnit:
      expected = "0 <= " + name + " <= 1";
      break;
    case Range::kCount:
      expected = "a whole number >= 1";
      break;
    case Range::kWhole:
      expected = "a whole number >= 0";
      break;
  }
  throw ConfigError("[" + std::string(rule) + "] " + name + ": " + to_text(value) + "; expected " +
                    expected);
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : registry()) names.push_back(name);
  return names;
}

std::unique_ptr<AnyOptimizer> make_optimizer(const std::string& rule, NamedParameters parameters,
                                             const std::map<std::string, double>& changes) {
  const auto found = registry().find(rule);
  if (found == registry().end()) {
    std::string known;
    for (const auto& name : rule_names()) known += (known.empty() ? "" : ", ") + name;
    throw ConfigError("[make_optimizer] rule: " + rule + "; expected one of " + known);
  }
  auto optimizer = found->second(std::move(parameters));
  for (const auto& [name, value] : changes) optimizer->set_hyper_parameter(name, value);
  return optimizer;
}

bool register_rule(const char* name, OptimizerFactory factory) {
  registry().emplace(name, std::move(factory));
  return true;
}

}  // namespace gradus::optim
