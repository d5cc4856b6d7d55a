// Reductions against the tables of tests/golden/tensor/make_reductions.py.
#include <gtest/gtest.h>

#include "tensor/reduce.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

TEST(ReductionGoldens, SumIsThatOfPyTorch) {
  check_cases("sum", [](const Case& c) { return sum(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MeanIsThatOfPyTorch) {
  check_cases("mean", [](const Case& c) { return mean(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MaxIsThatOfPyTorch) {
  check_cases("max", [](const Case& c) { return max(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MinIsThatOfPyTorch) {
  check_cases("min", [](const Case& c) { return min(c.in[0], c.axes(), c.flag("keepdim")); });
}

}  // namespace
}  // namespace gradus::testing
