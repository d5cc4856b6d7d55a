#pragma once
// Runs one test body on every device that this build has.
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gradus::testing {

/// A device Gradus knows of; `missing` says why this build or machine lacks it, else it is empty.
struct KnownDevice {
  std::string name;
  std::string missing;
};

inline std::vector<KnownDevice> known_devices() {
  return {{"cpu", ""}, {"cuda", "no CUDA backend in this build"}};
}

/// Those that can run. The others are shown as SKIPPED by one test, tests/tensor/devices_test.cc.
inline std::vector<std::string> devices() {
  std::vector<std::string> here;
  for (const KnownDevice& device : known_devices()) {
    if (device.missing.empty()) here.push_back(device.name);
  }
  return here;
}

/// Write TEST_P(YourName, Sentence), with `using YourName = EveryDevice;`, and below all of them
/// GRADUS_ON_EVERY_DEVICE(YourName).
class EveryDevice : public ::testing::TestWithParam<std::string> {
 public:
  const std::string& device() const { return GetParam(); }
};

}  // namespace gradus::testing

#define GRADUS_ON_EVERY_DEVICE(Fixture)                                                \
  INSTANTIATE_TEST_SUITE_P(, Fixture, ::testing::ValuesIn(gradus::testing::devices()), \
                           [](const auto& test) { return test.param; })
