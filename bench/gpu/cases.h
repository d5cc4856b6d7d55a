#pragma once
// The benchmarks that are carried to a GPU.
#include <string>

#include "tensor/device.h"

namespace gradus::bench {

/// Times all cases on the device and returns them as JSON: for each the name and the median of the
/// seconds, and what follows from it. `small` sizes take a second on the emulated device, to see
/// that all cases run.
std::string run_cases(Device device, bool small);

}  // namespace gradus::bench
