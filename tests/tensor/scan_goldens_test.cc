// Scans against the tables of tests/golden/tensor/make_scans.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/scan.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

/// The argument "axis", which may lie outside of int in tables; such an axis stays out of range.
int axis_of(const Case& c) {
  return static_cast<int>(std::clamp<std::int64_t>(c.integer("axis"), INT32_MIN, INT32_MAX));
}

TEST(ScanGoldens, CumsumIsThatOfPyTorch) {
  check_cases("cumsum", [](const Case& c) { return cumsum(c.in[0], axis_of(c)); });
}

TEST(ScanGoldens, CumprodIsThatOfPyTorch) {
  check_cases("cumprod", [](const Case& c) { return cumprod(c.in[0], axis_of(c)); });
}

TEST(ScanGoldens, LogcumsumexpIsThatOfPyTorch) {
  check_cases("logcumsumexp", [](const Case& c) { return logcumsumexp(c.in[0], axis_of(c)); });
}

TEST(ScanGoldens, CummaxIsThatOfPyTorch) {
  check_cases("cummax", [](const Case& c) {
    const auto [values, indices] = cummax(c.in[0], axis_of(c));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(ScanGoldens, CumminIsThatOfPyTorch) {
  check_cases("cummin", [](const Case& c) {
    const auto [values, indices] = cummin(c.in[0], axis_of(c));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(ScanGoldens, DiffIsThatOfPyTorch) {
  check_cases("diff", [](const Case& c) {
    return diff(c.in[0], c.integer("n"), axis_of(c), c.has("prepend") ? c.in[1] : Tensor(),
                c.has("append") ? c.in.back() : Tensor());
  });
}

}  // namespace
}  // namespace gradus::testing
