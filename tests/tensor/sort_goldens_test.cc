// Orderings and histograms against the tables of tests/golden/tensor/make_sorting.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "tensor/histogram.h"
#include "tensor/sort.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

/// The argument "axis", which may lie outside of int in tables; such an axis stays out of range.
int axis_of(const Case& c) {
  return static_cast<int>(std::clamp<std::int64_t>(c.integer("axis"), INT32_MIN, INT32_MAX));
}

TEST(SortGoldens, SortIsThatOfPyTorch) {
  check_cases("sort", [](const Case& c) {
    const auto [values, indices] = sort(c.in[0], axis_of(c), c.flag("descending"));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(SortGoldens, ArgsortIsThatOfPyTorch) {
  check_cases("argsort",
              [](const Case& c) { return argsort(c.in[0], axis_of(c), c.flag("descending")); });
}

TEST(SortGoldens, TopkIsThatOfPyTorch) {
  check_cases("topk", [](const Case& c) {
    const auto [values, indices] = topk(c.in[0], c.integer("k"), axis_of(c), c.flag("largest"));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(SortGoldens, KthvalueIsThatOfPyTorch) {
  check_cases("kthvalue", [](const Case& c) {
    const auto [values, indices] = kthvalue(c.in[0], c.integer("k"), axis_of(c), c.flag("keepdim"));
    return std::vector<Tensor>{values, indices};
  });
}

TEST(SortGoldens, UniqueIsThatOfPyTorch) {
  check_cases("unique", [](const Case& c) {
    const Unique u = c.has("axis") ? unique(c.in[0], axis_of(c)) : unique(c.in[0]);
    return std::vector<Tensor>{u.values, u.inverse, u.counts};
  });
}

TEST(SortGoldens, SearchsortedIsThatOfPyTorch) {
  check_cases("searchsorted",
              [](const Case& c) { return searchsorted(c.in[0], c.in[1], c.flag("right")); });
}

TEST(SortGoldens, BucketizeIsThatOfPyTorch) {
  check_cases("bucketize",
              [](const Case& c) { return bucketize(c.in[0], c.in[1], c.flag("right")); });
}

Histogram histogram_of(const Case& c) {
  return histogram(c.in[0], c.integer("bins"), c.number("low"), c.number("high"),
                   c.in.size() > 1 ? c.in[1] : Tensor());
}

TEST(SortGoldens, HistogramIsThatOfPyTorch) {
  check_cases("histogram", [](const Case& c) {
    const Histogram h = histogram_of(c);
    return std::vector<Tensor>{h.counts, h.edges};
  });
  check_cases("density", [](const Case& c) { return density(histogram_of(c)); });
}

TEST(SortGoldens, BincountIsThatOfPyTorch) {
  check_cases("bincount", [](const Case& c) {
    return bincount(c.in[0], c.in.size() > 1 ? c.in[1] : Tensor(), c.integer("minlength"));
  });
}

}  // namespace
}  // namespace gradus::testing
