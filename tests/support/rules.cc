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

bool needs_positive(const std::string& rule) {
  static const std::array kPositive = {"log", "log2", "log10", "sqrt", "rsqrt", "pow"};
  return std::find(kPositive.begin(), kPositive.end(), rule) != kPositive.end();
}

Range smooth_range(const std::string& rule) {
  if (needs_positive(rule)) return {0.5, 2.5};
  if (rule == "asin" || rule == "acos" || rule == "atanh") return {-0.8, 0.8};
  if (rule == "acosh") return {1.3, 3};
  if (rule == "log1p") return {-0.5, 2};
  return {-2, 2};
}

}  // namespace gradus::testing
