#include <gtest/gtest.h>

#include "tests/support/every_device.h"

namespace gradus::testing {
namespace {

class Devices : public ::testing::TestWithParam<KnownDevice> {};

TEST_P(Devices, IsThere) {
  if (GetParam().missing.empty()) return;
  if (cuda_is_required()) {
    FAIL() << GetParam().name << ": " << GetParam().missing << " (GRADUS_REQUIRE_CUDA=1)";
  }
  GTEST_SKIP() << "SKIPPED: " << GetParam().missing;
}

INSTANTIATE_TEST_SUITE_P(, Devices, ::testing::ValuesIn(known_devices()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace gradus::testing
