#pragma once
#include <string>

#include "train/run.h"

namespace gradus {

/// The last value of a metric that was logged; NaN before the first.
double last_of(const train::Run& run, const std::string& metric);

/// What a --smoke run must reach, and a model that does not learn cannot: the program fails else.
/// Throws Error: "[smoke] train loss: 2.303; expected below 1.6"
void check_smoke_below(const std::string& what, double value, double bound);

}  // namespace gradus
