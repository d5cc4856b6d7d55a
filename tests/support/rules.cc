#include "tests/support/rules.h"

#include <algorithm>
#include <array>

#include "tests/support/emit_rules.h"

namespace gradus::testing {

Rules& mutable_rules() {
  static Rules rules;
  return rules;
}

const Rules& rules() { return mutable_rules(); }

bool restricts_whole_numbers(const std::string& rule) {
  static const std::array kRestricted = {"floor_divide", "fmod", "pow", "remainder"};
  return std::find(kRestricted.begin(), kRestricted.end(), rule) != kRestricted.end();
}

bool needs_positive(const std::string& rule) {
  static const std::array kPositive = {"log", "log2", "log10", "sqrt", "rsqrt", "pow", "xlogy"};
  return std::find(kPositive.begin(), kPositive.end(), rule) != kPositive.end();
}

Range smooth_range(const std::string& rule) {
  if (needs_positive(rule)) return {0.5, 2.5};
  if (rule == "asin" || rule == "acos" || rule == "atanh") return {-0.8, 0.8};
  // Positive, away from the poles at 0, -1, -2, ... and from digamma's third derivative.
  if (rule == "lgamma" || rule == "digamma" || rule == "polygamma") return {0.6, 3};
  if (rule == "log_loss") return {0.1, 0.9};
  if (rule == "acosh") return {1.3, 3};
  if (rule == "log1p") return {-0.5, 2};
  return {-2, 2};
}

}  // namespace gradus::testing
