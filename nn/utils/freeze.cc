#include "nn/utils/freeze.h"

#include <string>

namespace gradus::nn {
namespace {

bool fits(std::string_view name, std::string_view pattern) {
  // After a mismatch the last * takes one character more.
  std::size_t at = 0, in = 0, star = std::string_view::npos, taken = 0;
  while (at < name.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      taken = at;
    } else if (in < pattern.size() && (pattern[in] == '?' || pattern[in] == name[at])) {
      ++in, ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

std::int64_t turn(const char* what, const Module& module, std::string_view pattern, bool on) {
  std::int64_t found = 0;
  std::string names;
  for (auto [name, parameter] : module.named_parameters()) {
    names += (names.empty() ? "'" : ", '") + name + "'";
    if (!fits(name, pattern)) continue;
    ++found;
    parameter.set_requires_grad(on);
    if (!on) parameter.zero_grad();
  }
  if (found > 0) return found;
  throw ConfigError("[" + std::string(what) + "] pattern: '" + std::string(pattern) +
                    "' fits no parameter; expected some of " + (names.empty() ? "none" : names));
}

}  // namespace

std::int64_t freeze(const Module& module, std::string_view pattern) {
  return turn("freeze", module, pattern, false);
}
std::int64_t unfreeze(const Module& module, std::string_view pattern) {
  return turn("unfreeze", module, pattern, true);
}

ParameterCount count_parameters(const Module& module) {
  ParameterCount count;
  for (const Variable& parameter : module.parameters()) {
    count.total += parameter.numel();
    if (parameter.requires_grad()) count.trainable += parameter.numel();
  }
  return count;
}

}  // namespace gradus::nn
