// Reductions against the tables of tests/golden/tensor/make_reductions.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/reduce.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

/// The argument "axis", which may lie outside of int in tables; such an axis stays out of range.
int axis_of(const Case& c) {
  return static_cast<int>(std::clamp<std::int64_t>(c.integer("axis"), INT32_MIN, INT32_MAX));
}

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

TEST(ReductionGoldens, ProdIsThatOfPyTorch) {
  check_cases("prod", [](const Case& c) { return prod(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, NansumIsThatOfPyTorch) {
  check_cases("nansum", [](const Case& c) { return nansum(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, NanmeanIsThatOfPyTorch) {
  check_cases("nanmean",
              [](const Case& c) { return nanmean(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, AnyIsThatOfPyTorch) {
  check_cases("any", [](const Case& c) { return any(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, AllIsThatOfPyTorch) {
  check_cases("all", [](const Case& c) { return all(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, CountNonzeroIsThatOfPyTorch) {
  check_cases("count_nonzero",
              [](const Case& c) { return count_nonzero(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MedianIsThatOfPyTorch) {
  check_cases("median", [](const Case& c) { return median(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, LogsumexpIsThatOfPyTorch) {
  check_cases("logsumexp",
              [](const Case& c) { return logsumexp(c.in[0], c.axes(), c.flag("keepdim")); });
}

TEST(ReductionGoldens, VarIsThatOfPyTorch) {
  check_cases("var", [](const Case& c) {
    return var(c.in[0], c.axes(), c.number("correction"), c.flag("keepdim"));
  });
}

TEST(ReductionGoldens, StdIsThatOfPyTorch) {
  check_cases("std", [](const Case& c) {
    return gradus::std(c.in[0], c.axes(), c.number("correction"), c.flag("keepdim"));
  });
}

TEST(ReductionGoldens, VarMeanIsThatOfPyTorch) {
  check_cases("var_mean", [](const Case& c) {
    const auto [spread, mean] =
        var_mean(c.in[0], c.axes(), c.number("correction"), c.flag("keepdim"));
    return std::vector<Tensor>{spread, mean};
  });
}

TEST(ReductionGoldens, StdMeanIsThatOfPyTorch) {
  check_cases("std_mean", [](const Case& c) {
    const auto [spread, mean] =
        std_mean(c.in[0], c.axes(), c.number("correction"), c.flag("keepdim"));
    return std::vector<Tensor>{spread, mean};
  });
}

TEST(ReductionGoldens, NormIsThatOfPyTorch) {
  check_cases("norm", [](const Case& c) {
    return norm(c.in[0], c.number("p"), c.axes(), c.flag("keepdim"));
  });
}

TEST(ReductionGoldens, ArgmaxIsThatOfPyTorch) {
  check_cases("argmax",
              [](const Case& c) { return argmax(c.in[0], axis_of(c), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MaxWithIndicesIsThatOfPyTorch) {
  check_cases("max_with_indices", [](const Case& c) {
    const auto [values, indices] = max_with_indices(c.in[0], axis_of(c), c.flag("keepdim"));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(ReductionGoldens, ArgminIsThatOfPyTorch) {
  check_cases("argmin",
              [](const Case& c) { return argmin(c.in[0], axis_of(c), c.flag("keepdim")); });
}

TEST(ReductionGoldens, MinWithIndicesIsThatOfPyTorch) {
  check_cases("min_with_indices", [](const Case& c) {
    const auto [values, indices] = min_with_indices(c.in[0], axis_of(c), c.flag("keepdim"));
    return std::vector<Tensor>{values, indices};
  });
}

}  // namespace
}  // namespace gradus::testing
