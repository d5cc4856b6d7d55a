// Whole texts of what linear algebra throws.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "tensor/construct.h"
#include "tensor/linalg.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

struct Function {
  std::string name;
  bool square;
  std::function<void(const Tensor&)> call;
};

// All functions of one matrix, and those of two with a fitting second one.
const std::vector<Function>& functions() {
  static const std::vector<Function> kAll = {
      {"solve", true, [](const Tensor& A) { linalg::solve(A, ones({2}, kFloat64)); }},
      {"inverse", true, [](const Tensor& A) { linalg::inverse(A); }},
      {"det", true, [](const Tensor& A) { linalg::det(A); }},
      {"slogdet", true, [](const Tensor& A) { linalg::slogdet(A); }},
      {"cholesky", true, [](const Tensor& A) { linalg::cholesky(A); }},
      {"eigh", true, [](const Tensor& A) { linalg::eigh(A); }},
      {"qr", false, [](const Tensor& A) { linalg::qr(A); }},
      {"svd", false, [](const Tensor& A) { linalg::svd(A); }},
      {"matrix_rank", false, [](const Tensor& A) { linalg::matrix_rank(A); }},
      {"pinv", false, [](const Tensor& A) { linalg::pinv(A); }},
      {"lstsq", false, [](const Tensor& A) { linalg::lstsq(A, ones({2}, kFloat64)); }},
  };
  return kAll;
}

TEST(LinalgErrors, OfEveryFunctionNameTheMatrix) {
  for (const Function& f : functions()) {
    const std::string where = "[linalg." + f.name + "] A: ";
    for (DType dtype : kAllDTypes) {
      if (dtype == kFloat32 || dtype == kFloat64) continue;
      expect_throws_text<DTypeError>(
          [&] {
            f.call(ones({2, 2}, dtype));
          },
          where + std::string(name(dtype)) +
              "; expected float32 or float64; convert with "
              "to(kFloat32)");
    }
    expect_throws_text<ShapeError>([&] { f.call(ones({3})); },
                                   where + "shape [3]; expected at least two axes, [..., n, m]");
    expect_throws_text<Error>(
        [&] { f.call(Tensor()); },
        where + "undefined tensor; expected one with elements; was it default constructed?");
    if (!f.square) continue;
    expect_throws_text<ShapeError>(
        [&] {
          f.call(ones({4, 2, 3}));
        },
        where +
            "shape [4, 2, 3]; expected square matrices, "
            "[..., n, n]");
  }
}

TEST(LinalgErrors, OfNaNAndInfinityNameTheMatrix) {
  Tensor batch = zeros({2, 3, 2, 2}, kFloat64);
  batch.select(0, 1).select(0, 0).fill(NAN);
  batch.select(0, 1).select(0, 2).fill(HUGE_VAL);
  for (const Function& f : functions()) {
    if (f.square ? f.name != "eigh" : f.name == "qr") continue;
    const std::string where = "[linalg." + f.name + "] A: the matrix ";
    const std::string rest = "holds NaN or infinity; expected finite numbers";
    expect_throws_text<LinalgError>(
        [&] {
          f.call(full({2, 2}, -HUGE_VAL, kFloat32));
        },
        where + rest);
    expect_throws_text<LinalgError>([&] { f.call(batch); },
                                    where + "at batch position [1, 0] " + rest);
  }
  expect_throws_text<LinalgError>(
      [] {
        linalg::lstsq(eye(2), tensor({1, NAN}));
      },
      "[linalg.lstsq] B: the matrix holds NaN or infinity; expected finite numbers");
}

TEST(LinalgErrors, OfSingularMatricesNameThePivot) {
  const Tensor singular = tensor({{1, 2}, {2, 4}}, kFloat64);
  const std::string pivot =
      " is singular, pivot 1 of its LU factors is zero (counted from 0); expected invertible "
      "matrices; ";
  expect_throws_text<LinalgError>([&] { linalg::solve(singular, ones({2})); },
                                  "[linalg.solve] A: the matrix" + pivot + "lstsq takes any");
  expect_throws_text<LinalgError>([&] { linalg::inverse(singular); },
                                  "[linalg.inverse] A: the matrix" + pivot + "pinv takes any");
  const Tensor batch = eye(2, kFloat64).expand({2, 40, 2, 2}).clone();
  batch.select(0, 1).select(0, 3).copy_from(singular);
  batch.select(0, 1).select(0, 39).fill(0);
  expect_throws_text<LinalgError>(
      [&] { linalg::inverse(batch); },
      "[linalg.inverse] A: the matrix at batch position [1, 3]" + pivot + "pinv takes any");
  expect_throws_text<LinalgError>(
      [&] { linalg::solve(batch, ones({2}, kFloat64)); },
      "[linalg.solve] A: the matrix at batch position [1, 3]" + pivot + "lstsq takes any");
  // One matrix for many right-hand sides has no batch position of its own.
  expect_throws_text<LinalgError>(
      [&] {
        linalg::solve(singular, ones({3, 2, 1}));
      },
      "[linalg.solve] A: the matrix" + pivot + "lstsq takes any");
}

TEST(LinalgErrors, OfCholeskyNameTheMinor) {
  const std::string rest = " is not positive; expected symmetric positive definite matrices";
  expect_throws_text<LinalgError>(
      [] {
        linalg::cholesky(tensor({{1, 2}, {2, 1}}));
      },
      "[linalg.cholesky] A: the matrix is not positive definite, its leading minor of order 2" +
          rest);
  const Tensor batch = eye(150).expand({3, 150, 150}).clone();
  batch.select(0, 2).select(0, 140).fill(NAN);  // beyond the first block of the factorisation
  expect_throws_text<LinalgError>([&] { linalg::cholesky(batch); },
                                  "[linalg.cholesky] A: the matrix at batch position [2] is not "
                                  "positive definite, its leading minor of order 141" +
                                      rest);
}

TEST(LinalgErrors, OfRightSidesNameBothShapes) {
  const Tensor A = eye(2);
  expect_throws_text<ShapeError>(
      [&] {
        linalg::solve(A, ones({4, 2}));
      },
      "[linalg.solve] A is [2, 2] and B is [4, 2]: 2 and 4 rows differ; expected B [..., 2, k] or "
      "the vectors [2]");
  expect_throws_text<ShapeError>(
      [&] {
        linalg::lstsq(ones({3, 4, 2}), ones({5, 4, 1}));
      },
      "[linalg.lstsq] batch of A is [3] and batch of B is [5]: sizes 3 and 5 of axis -1 differ; "
      "expected equal sizes, or 1 (use reshape to line axes up)");
  expect_throws_text<ShapeError>(
      [&] { linalg::solve(A, ones({})); },
      "[linalg.solve] B: shape []; expected at least two axes, [..., n, m]");
  expect_throws_text<DTypeError>(
      [&] { linalg::solve(A, ones({2}, kInt64)); },
      "[linalg.solve] B: int64; expected float32 or float64; convert with to(kFloat32)");
  expect_throws_text<Error>([&] { linalg::solve(A, Tensor()); },
                            "[linalg.solve] B: undefined tensor; expected one with elements; was "
                            "it default constructed?");
}

TEST(LinalgErrors, OfTolerancesNameThem) {
  const Tensor A = eye(2);
  expect_throws_text<ConfigError>([&] { linalg::pinv(A, {.rtol = -1}); },
                                  "[linalg.pinv] rtol: -1; expected >= 0");
  expect_throws_text<ConfigError>([&] { linalg::matrix_rank(A, {.atol = NAN}); },
                                  "[linalg.matrix_rank] atol: nan; expected >= 0");
  expect_throws_text<ConfigError>([&] { linalg::lstsq(A, A, {.atol = -0.5}); },
                                  "[linalg.lstsq] atol: -0.5; expected >= 0");
}

}  // namespace
}  // namespace gradus::testing
