// Linear algebra against the tables of tests/golden/tensor/make_linalg.py.
#include <gtest/gtest.h>

#include "tensor/linalg.h"
#include "tests/support/cases.h"

namespace gradus::testing {
namespace {

linalg::Tolerance tolerance_of(const Case& c) {
  linalg::Tolerance tolerance;
  if (c.has("atol")) tolerance.atol = c.number("atol");
  if (c.has("rtol")) tolerance.rtol = c.number("rtol");
  return tolerance;
}

TEST(LinalgGoldens, SolveIsThatOfPyTorch) {
  check_cases("solve", [](const Case& c) { return linalg::solve(c.in[0], c.in[1]); });
}

TEST(LinalgGoldens, InverseIsThatOfPyTorch) {
  check_cases("inverse", [](const Case& c) { return linalg::inverse(c.in[0]); });
}

TEST(LinalgGoldens, DetIsThatOfPyTorch) {
  check_cases("det", [](const Case& c) { return linalg::det(c.in[0]); });
}

TEST(LinalgGoldens, SlogdetIsThatOfPyTorch) {
  check_cases("slogdet", [](const Case& c) {
    const auto [sign, logabsdet] = linalg::slogdet(c.in[0]);
    return std::vector<Tensor>{sign, logabsdet};
  });
}

TEST(LinalgGoldens, CholeskyIsThatOfPyTorch) {
  check_cases("cholesky", [](const Case& c) { return linalg::cholesky(c.in[0]); });
}

TEST(LinalgGoldens, QrIsThatOfPyTorch) {
  check_cases("qr", [](const Case& c) {
    const bool complete = c.text("mode") == "complete";
    const auto [Q, R] =
        linalg::qr(c.in[0], complete ? linalg::QrMode::kComplete : linalg::QrMode::kReduced);
    return std::vector<Tensor>{Q, R};
  });
}

TEST(LinalgGoldens, SvdIsThatOfPyTorchButForSigns) {
  check_cases("svd", [](const Case& c) {
    const auto [U, S, Vh] = linalg::svd(c.in[0], {.full_matrices = c.flag("full_matrices")});
    return std::vector<Tensor>{U, S, Vh};
  });
}

TEST(LinalgGoldens, EighIsThatOfPyTorchButForSigns) {
  check_cases("eigh", [](const Case& c) {
    const auto [eigenvalues, eigenvectors] = linalg::eigh(c.in[0]);
    return std::vector<Tensor>{eigenvalues, eigenvectors};
  });
}

TEST(LinalgGoldens, MatrixRankIsThatOfPyTorch) {
  check_cases("matrix_rank",
              [](const Case& c) { return linalg::matrix_rank(c.in[0], tolerance_of(c)); });
}

TEST(LinalgGoldens, PinvIsThatOfPyTorch) {
  check_cases("pinv", [](const Case& c) { return linalg::pinv(c.in[0], tolerance_of(c)); });
}

TEST(LinalgGoldens, LstsqIsThatOfPyTorchsDriverGelsd) {
  check_cases("lstsq", [](const Case& c) {
    const auto result = linalg::lstsq(c.in[0], c.in[1], tolerance_of(c));
    return std::vector<Tensor>{result.solution, result.residuals, result.rank,
                               result.singular_values};
  });
}

}  // namespace
}  // namespace gradus::testing
