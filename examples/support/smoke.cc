#include "examples/support/smoke.h"

#include <cmath>

#include "tensor/error.h"

namespace gradus {

double last_of(const train::Run& run, const std::string& metric) {
  const auto curve = run.log().curve(metric);
  return curve.second.empty() ? NAN : curve.second.back();
}

void check_smoke_below(const std::string& what, double value, double bound) {
  if (value < bound) return;  // not for NaN
  throw Error("[smoke] " + what + ": " + to_text(value) + "; expected below " + to_text(bound));
}

}  // namespace gradus
