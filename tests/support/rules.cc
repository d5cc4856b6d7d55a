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
  static const std::array kPositive = {"log", "sqrt", "pow"};
  return std::find(kPositive.begin(), kPositive.end(), rule) != kPositive.end();
}

}  // namespace gradus::testing
