// Softmax against the tables of tests/golden/tensor/make_softmax.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/softmax.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

int axis_of(const Case& c) {
  return static_cast<int>(std::clamp<std::int64_t>(c.integer("axis"), INT32_MIN, INT32_MAX));
}

TEST(SoftmaxGoldens, SoftmaxIsThatOfPyTorch) {
  check_cases("softmax", [](const Case& c) { return softmax(c.in[0], axis_of(c)); });
}

TEST(SoftmaxGoldens, LogSoftmaxIsThatOfPyTorch) {
  check_cases("log_softmax", [](const Case& c) { return log_softmax(c.in[0], axis_of(c)); });
}

}  // namespace
}  // namespace gradus::testing
