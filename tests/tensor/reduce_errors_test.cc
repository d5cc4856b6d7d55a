// Whole texts of what reductions throw; those of sum, mean, max and min are in errors_test.cc.
#include <gtest/gtest.h>

#include <cmath>

#include "tensor/reduce.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

TEST(Errors, OfReductionsNameTheOp) {
  const Tensor x = ones({3, 4});
  const auto check = [&](const std::string& op, auto call) {
    expect_throws_text<IndexError>(
        [&] { call(x, Axes(2)); },
        "[" + op + "] axis: 2; expected -2..1 for a tensor of shape [3, 4]");
    expect_throws_text<ConfigError>(
        [&] {
          call(x, Axes{0, -2});
        },
        "[" + op + "] axes: [0, -2] names an axis twice; expected each at most once");
    expect_throws_text<Error>(
        [&] { call(Tensor(), Axes(0)); },
        "[" + op +
            "] x: undefined tensor; expected one with elements; was it default "
            "constructed?");
  };
  check("prod", [](const Tensor& t, const Axes& a) { prod(t, a); });
  check("nansum", [](const Tensor& t, const Axes& a) { nansum(t, a); });
  check("nanmean", [](const Tensor& t, const Axes& a) { nanmean(t, a); });
  check("median", [](const Tensor& t, const Axes& a) { median(t, a); });
  check("any", [](const Tensor& t, const Axes& a) { any(t, a); });
  check("all", [](const Tensor& t, const Axes& a) { all(t, a); });
  check("count_nonzero", [](const Tensor& t, const Axes& a) { count_nonzero(t, a); });
  check("var", [](const Tensor& t, const Axes& a) { var(t, a); });
  check("std", [](const Tensor& t, const Axes& a) { gradus::std(t, a); });
  check("var_mean", [](const Tensor& t, const Axes& a) { var_mean(t, a); });
  check("std_mean", [](const Tensor& t, const Axes& a) { std_mean(t, a); });
  check("logsumexp", [](const Tensor& t, const Axes& a) { logsumexp(t, a); });
  check("norm", [](const Tensor& t, const Axes& a) { norm(t, 2, a); });
}

TEST(Errors, OfPositionsNameTheOp) {
  const auto check = [&](const std::string& op, auto call) {
    expect_throws_text<IndexError>(
        [&] {
          call(ones({3, 4}), 2);
        },
        "[" + op + "] axis: 2; expected -2..1 for a tensor of shape [3, 4]");
    expect_throws_text<ShapeError>(
        [&] {
          call(zeros({0, 3}), 0);
        },
        "[" + op +
            "] x: shape [0, 3] has no elements along the reduced "
            "axes; expected at least one");
    expect_throws_text<Error>(
        [&] { call(Tensor(), 0); },
        "[" + op +
            "] x: undefined tensor; expected one with elements; was it default "
            "constructed?");
  };
  check("argmax", [](const Tensor& t, int axis) { argmax(t, axis); });
  check("argmin", [](const Tensor& t, int axis) { argmin(t, axis); });
  check("max_with_indices", [](const Tensor& t, int axis) { max_with_indices(t, axis); });
  check("min_with_indices", [](const Tensor& t, int axis) { min_with_indices(t, axis); });
}

TEST(Errors, OfNoElements) {
  const std::string text =
      " x: shape [0, 3] has no elements along the reduced axes; expected at least one";
  const Tensor none = zeros({0, 3});
  expect_throws_text<ShapeError>([&] { median(none, 0); }, "[median]" + text);
  expect_throws_text<ShapeError>([&] { argmax(none); }, "[argmax]" + text);
  expect_throws_text<ShapeError>([&] { norm(none, INFINITY, 0); }, "[norm]" + text);
  expect_throws_text<ShapeError>([&] { norm(none, -1); }, "[norm]" + text);
}

TEST(Errors, OfNorm) {
  expect_throws_text<ConfigError>([] { norm(ones({2}), NAN); }, "[norm] p: nan; expected a number");
}

}  // namespace
}  // namespace gradus::testing
