// Whole texts of what scans, orderings and histograms throw.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/histogram.h"
#include "tensor/scan.h"
#include "tensor/sort.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

TEST(Errors, OfScansAndOrderingsGiveTheRangeOfAxes) {
  const Tensor x = ones({3, 4}), scalar = ones({});
  const std::string range = "] axis: 2; expected -2..1 for a tensor of shape [3, 4]";
  const std::string none = "] axis: 1; expected -1..0 for a tensor of shape []";
  const auto check = [&](const std::string& op, auto call) {
    expect_throws_text<IndexError>([&] { call(x, 2); }, "[" + op + range);
    expect_throws_text<IndexError>([&] { call(scalar, 1); }, "[" + op + none);
    expect_throws_text<Error>(
        [&] { call(Tensor(), 0); },
        "[" + op +
            "] x: undefined tensor; expected one with elements; was it default "
            "constructed?");
  };
  check("cumsum", [](const Tensor& t, int axis) { cumsum(t, axis); });
  check("cumprod", [](const Tensor& t, int axis) { cumprod(t, axis); });
  check("logcumsumexp", [](const Tensor& t, int axis) { logcumsumexp(t, axis); });
  check("cummax", [](const Tensor& t, int axis) { cummax(t, axis); });
  check("cummin", [](const Tensor& t, int axis) { cummin(t, axis); });
  check("sort", [](const Tensor& t, int axis) { sort(t, axis); });
  check("argsort", [](const Tensor& t, int axis) { argsort(t, axis); });
  check("topk", [](const Tensor& t, int axis) { topk(t, 1, axis); });
  check("kthvalue", [](const Tensor& t, int axis) { kthvalue(t, 1, axis); });
  expect_throws_text<IndexError>([&] { diff(x, 1, 2); }, "[diff" + range);
}

TEST(Errors, OfDiff) {
  expect_throws_text<ShapeError>([] { diff(ones({})); },
                                 "[diff] x: shape []; expected at least one axis");
  expect_throws_text<ConfigError>([] { diff(ones({2}), -1); }, "[diff] n: -1; expected n >= 0");
}

TEST(Errors, OfPartsOfSortedLines) {
  const Tensor x = ones({3, 4});
  expect_throws_text<ConfigError>([&] { topk(x, 5); },
                                  "[topk] k: 5; expected 0..4 for axis 1 of shape [3, 4]");
  expect_throws_text<ConfigError>([&] { topk(x, -1, 0); },
                                  "[topk] k: -1; expected 0..3 for axis 0 of shape [3, 4]");
  expect_throws_text<ConfigError>([&] { kthvalue(x, 5); },
                                  "[kthvalue] k: 5; expected 1..4 for axis 1 of shape [3, 4]");
  expect_throws_text<ConfigError>([&] { kthvalue(x, 0); },
                                  "[kthvalue] k: 0; expected 1..4 for axis 1 of shape [3, 4]");
  expect_throws_text<ShapeError>([] { sort(zeros({1}, kBool).expand({std::int64_t{1} << 32})); },
                                 "[sort] x: 4294967296 elements along axis 0; expected fewer than "
                                 "2^32");
}

TEST(Errors, OfSearchsorted) {
  expect_throws_text<ShapeError>(
      [] {
        searchsorted(ones({2, 3}), ones({4, 5}));
      },
      "[searchsorted] sorted: shape [2, 3]; expected [n], or the leading "
      "axes of values [4, 5]");
  expect_throws_text<ShapeError>(
      [] { searchsorted(ones({}), ones({2})); },
      "[searchsorted] sorted: shape []; expected [n], or the leading axes "
      "of values [2]");
  expect_throws_text<ShapeError>(
      [] {
        bucketize(ones({2}), ones({2, 2}));
      },
      "[bucketize] boundaries: shape [2, 2]; expected [n]");
}

TEST(Errors, OfHistograms) {
  const Tensor x = ones({3});
  expect_throws_text<ConfigError>([&] { histogram(x, 0, 0, 1); },
                                  "[histogram] bins: 0; expected at least 1");
  expect_throws_text<ConfigError>(
      [&] { histogram(x, 2, 1, 0); },
      "[histogram] low, high: 1, 0; expected finite numbers, low <= high");
  expect_throws_text<ConfigError>(
      [&] { histogram(x, 2, NAN, 0); },
      "[histogram] low, high: nan, 0; expected finite numbers, low <= high");
  expect_throws_text<ConfigError>(
      [&] {
        histogram(tensor({1, INFINITY}));
      },
      "[histogram] low, high: 1, inf; expected finite numbers, low <= high");
  expect_throws_text<ShapeError>([&] { histogram(x, 2, 0, 1, ones({2})); },
                                 "[histogram] weights: shape [2]; expected [3], that of x");
  expect_throws_text<ShapeError>(
      [&] { histogram(x, INT64_MAX, 0, 1); },
      "[histogram] shape: [9223372036854775807]; expected fewer than 2^60 elements");
}

TEST(Errors, OfDensity) {
  expect_throws_text<ShapeError>(
      [] {
        density({ones({3}), ones({3})});
      },
      "[density] counts, edges: shapes [3], [3]; expected [bins], [bins + 1]");
  expect_throws_text<ShapeError>(
      [] {
        density({ones({}), ones({1})});
      },
      "[density] counts, edges: shapes [], [1]; expected [bins], [bins + 1]");
  expect_throws_text<Error>(
      [] {
        density({Tensor(), ones({1})});
      },
      "[density] counts: undefined tensor; expected one with elements; was it default "
      "constructed?");
}

TEST(Errors, OfUniqueAlongAnAxis) {
  expect_throws_text<IndexError>(
      [] {
        unique(ones({3, 4}), 2);
      },
      "[unique] axis: 2; expected -2..1 for a tensor of shape [3, 4]");
  expect_throws_text<IndexError>([] { unique(ones({}), 0); },
                                 "[unique] axis: 0; expected none for a tensor of shape []");
}

TEST(Errors, OfWhatDiffJoins) {
  const Tensor x = ones({3, 4});
  expect_throws_text<ShapeError>([&] { diff(x, 1, 1, ones({2})); },
                                 "[diff] prepend: shape [2]; expected [3, 4] but for axis 1");
  expect_throws_text<ShapeError>(
      [&] {
        diff(x, 1, -2, {}, ones({3, 1}));
      },
      "[diff] append: shape [3, 1]; expected [3, 4] but for axis 0");
}

TEST(Errors, OfBincount) {
  expect_throws_text<DTypeError>([] { bincount(ones({2})); },
                                 "[bincount] x: float32; expected uint8, int32 or int64");
  expect_throws_text<ShapeError>(
      [] {
        bincount(ones({2, 2}, kInt64));
      },
      "[bincount] x: shape [2, 2]; expected [n]");
  expect_throws_text<IndexError>(
      [] {
        bincount(tensor({2, -1}, kInt64));
      },
      "[bincount] x: -1; expected elements >= 0");
  expect_throws_text<ConfigError>([] { bincount(ones({2}, kInt64), {}, -1); },
                                  "[bincount] minlength: -1; expected at least 0");
  expect_throws_text<ShapeError>([] { bincount(ones({2}, kInt64), ones({3})); },
                                 "[bincount] weights: shape [3]; expected [2], that of x");
}

}  // namespace
}  // namespace gradus::testing
