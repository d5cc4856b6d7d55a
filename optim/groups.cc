#include "optim/groups.h"

#include <algorithm>
#include <cmath>

namespace gradus::optim {
namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

// At most a few names, so that a large model does not fill the screen.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + quoted(names[i]);
  }
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text;
}

}  // namespace

bool fits_pattern(const std::string& name, const std::string& pattern) {
  // The last * takes one character more whenever the rest does not fit.
  std::size_t n = 0, p = 0, star = std::string::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++n, ++p;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

ParameterGroups::ParameterGroups(NamedParameters parameters) : parameters_(std::move(parameters)) {}

ParameterGroups& ParameterGroups::add(const std::string& name, const Wanted& wanted) {
  Group group{{.name = name}, {}};
  std::vector<std::string> all;
  for (const auto& [parameter, variable] : parameters_) {
    all.push_back(parameter);
    if (!wanted(parameter, variable)) continue;
    const auto [place, is_new] = group_of_.emplace(parameter, name);
    if (!is_new) {
      throw ConfigError("[groups] parameter " + quoted(parameter) + " is in " +
                        quoted(place->second) + " and fits " + quoted(name) +
                        " too; expected one group");
    }
    group.parameters.emplace_back(parameter, variable);
  }
  if (group.parameters.empty()) {
    throw ConfigError("[groups] match " + quoted(name) +
                      ": no parameter fits; expected a pattern for one of " + listed(all));
  }
  groups_.push_back(std::move(group));
  return *this;
}

ParameterGroups& ParameterGroups::match_names(const std::vector<std::string>& patterns) {
  std::string name;
  for (const std::string& pattern : patterns) name += (name.empty() ? "" : ", ") + pattern;
  return add(name, [&](const std::string& parameter, const Variable&) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return fits_pattern(parameter, pattern);
    });
  });
}

ParameterGroups& ParameterGroups::match_rank(int low, int high) {
  const std::string name = "rank " + std::to_string(low) + ".." + std::to_string(high);
  return add(name, [&](const std::string&, const Variable& parameter) {
    return parameter.rank() >= low && parameter.rank() <= high;
  });
}

ParameterGroups& ParameterGroups::match_if(const std::string& group, const Wanted& wanted) {
  return add(group, wanted);
}

ParameterGroups& ParameterGroups::set(const GroupSettings& settings) {
  if (groups_.empty()) throw ConfigError("[groups] set: no group; expected a match before it");
  Group& last = groups_.back();
  const std::string before = last.settings.name;
  last.settings = settings;
  if (settings.name.empty()) {
    last.settings.name = before;
    return *this;
  }
  for (std::size_t i = 0; i + 1 < groups_.size(); ++i) {
    if (groups_[i].settings.name != settings.name) continue;
    last.settings.name = before;
    throw ConfigError("[groups] group: " + quoted(settings.name) +
                      " is there already; expected a new name");
  }
  for (const auto& [parameter, variable] : last.parameters) group_of_[parameter] = settings.name;
  return *this;
}

ParameterGroups& ParameterGroups::layerwise(double decay, const std::vector<std::string>& layers) {
  check_range("groups", "decay", decay, Range::kPositive);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    match(layers[i]);
    set({.lr_scale = std::pow(decay, static_cast<double>(layers.size() - 1 - i))});
  }
  return *this;
}

ParameterGroups& ParameterGroups::rest() {
  if (group_of_.size() == parameters_.size()) return *this;
  return add("default", [&](const std::string& parameter, const Variable&) {
    return !group_of_.contains(parameter);
  });
}

void ParameterGroups::check() const {
  std::vector<std::string> missing;
  for (const auto& [parameter, variable] : parameters_) {
    if (!group_of_.contains(parameter)) missing.push_back(parameter);
  }
  if (missing.empty()) return;
  throw ConfigError("[groups] no group for " + listed(missing) +
                    "; expected a match for each parameter, or rest()");
}

}  // namespace gradus::optim
