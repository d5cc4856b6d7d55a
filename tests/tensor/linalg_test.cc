// What defines each decomposition, on random and on awkward matrices.
#include "tensor/linalg.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tensor/construct.h"
#include "tensor/elementwise_all.h"
#include "tensor/matmul.h"
#include "tensor/random.h"
#include "tensor/reduce.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using linalg::QrMode;

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = kFloat64) {
  Generator generator(seed);
  return normal(shape, 0, 1, generator, dtype);
}

// A few hundred roundings of numbers near 1, of sums over at most 100 of them.
double tolerance(DType dtype) { return dtype == kFloat32 ? 2e-5 : 1e-12; }

void expect_orthonormal_columns(const Tensor& Q, const std::string& what) {
  const Tensor identity = eye(Q.dim(-1), Q.dtype());
  const Tensor product = matmul(Q.transpose(), Q);
  expect_close(product, identity.expand(product.shape()), 0, tolerance(Q.dtype()), what);
}

// Diagonal matrices of the vectors in the last axis.
Tensor diagonal(const Tensor& v) { return eye(v.dim(-1), v.dtype()) * v.unsqueeze(-1); }

// Sizes of matrices below, at and above the blocks that the algorithms work in.
const std::vector<Shape> kShapes = {{1, 1},   {2, 2},   {3, 3},   {2, 5},   {5, 2},      {17, 17},
                                    {40, 40}, {64, 20}, {20, 64}, {90, 90}, {2, 3, 8, 6}};

TEST(Linalg, SolveAndInverseUndoTheProduct) {
  for (DType dtype : {kFloat32, kFloat64}) {
    for (std::int64_t n : {1, 2, 5, 33, 90}) {
      const Tensor A = random({3, n, n}, 1, dtype) + eye(n, dtype) * (3 * std::sqrt(n));
      const Tensor B = random({3, n, 4}, 2, dtype);
      expect_close(matmul(A, linalg::solve(A, B)), B, 0, tolerance(dtype));
      expect_close(matmul(A, linalg::inverse(A)), eye(n, dtype).expand({3, n, n}), 0,
                   tolerance(dtype));
    }
  }
}

TEST(Linalg, OneMatrixSolvesABatchOfRightSides) {
  const Tensor A = random({4, 4}, 3), B = random({5, 2, 4, 3}, 4);
  const Tensor X = linalg::solve(A, B);
  EXPECT_EQ(X.shape(), (Shape{5, 2, 4, 3}));
  expect_same_bits(X.select(0, 3).select(0, 1), linalg::solve(A, B.select(0, 3).select(0, 1)));
  EXPECT_EQ(linalg::solve(A, zeros({0, 4, 3}, kFloat64)).shape(), (Shape{0, 4, 3}));
}

TEST(Linalg, SlogdetHoldsWhereDetOverflows) {
  const Tensor A = eye(100, kFloat64) * -1e5;
  EXPECT_EQ(linalg::det(A).item(), HUGE_VAL);
  const auto [sign, logabsdet] = linalg::slogdet(A.slice(0, {0, 99}).slice(1, {0, 99}));
  EXPECT_EQ(sign.item(), -1);
  EXPECT_NEAR(logabsdet.item(), 99 * std::log(1e5), 1e-9);
}

TEST(Linalg, NaNRunsThroughFactorsWithoutPivotsToRefuse) {
  const Tensor A = tensor({{1, NAN}, {2, 1}}, kFloat64);
  EXPECT_TRUE(std::isnan(linalg::det(A).item()));
  EXPECT_TRUE(std::isnan(linalg::slogdet(A).logabsdet.item()));
  EXPECT_TRUE(std::isnan(linalg::solve(A, ones({2}, kFloat64)).at({0})));
  EXPECT_TRUE(std::isnan(linalg::inverse(A).at({0, 0})));
  EXPECT_TRUE(std::isnan(linalg::qr(A).R.at({1, 1})));
}

TEST(Linalg, CholeskyIsLowerAndMultipliesBack) {
  for (DType dtype : {kFloat32, kFloat64}) {
    for (std::int64_t n : {1, 2, 7, 50, 150}) {
      const Tensor M = random({2, n, n}, 5, dtype);
      const Tensor A = matmul(M, M.transpose()) / static_cast<double>(n) + eye(n, dtype);
      const Tensor L = linalg::cholesky(A);
      expect_close(matmul(L, L.transpose()), A, 0, tolerance(dtype));
      for (std::int64_t i = 0; i < n; ++i) {
        EXPECT_GT(L.at({1, i, i}), 0);
        if (i + 1 < n) {
          EXPECT_EQ(sum(abs(L.select(0, 1).select(0, i).slice(0, {i + 1}))).item(), 0);
        }
      }
    }
  }
}

TEST(Linalg, QrIsOrthonormalTimesUpperTriangular) {
  for (DType dtype : {kFloat32, kFloat64}) {
    for (const Shape& shape : kShapes) {
      for (QrMode mode : {QrMode::kReduced, QrMode::kComplete}) {
        const Tensor A = random(shape, 6, dtype);
        const auto [Q, R] = linalg::qr(A, mode);
        const std::int64_t m = A.dim(-2), n = A.dim(-1);
        const std::int64_t k = mode == QrMode::kComplete ? m : std::min(m, n);
        EXPECT_EQ(Q.dim(-1), k);
        EXPECT_EQ(R.dim(-2), k);
        expect_orthonormal_columns(Q, to_string(shape));
        // Sums of up to 100 products of numbers up to 10.
        expect_close(matmul(Q, R), A, 0, 10 * tolerance(dtype), to_string(shape));
        const Tensor r = R.reshape({-1, k, n}).select(0, 0);
        for (std::int64_t i = 1; i < k; ++i) {
          EXPECT_EQ(sum(abs(r.select(0, i).slice(0, {0, std::min(i, n)}))).item(), 0);
        }
      }
    }
  }
}

// S descending, factors orthonormal and multiplying back to A.
void expect_svd(const Tensor& A, const std::string& what) {
  const double largest = A.numel() == 0 ? 0 : max(abs(A)).item();
  for (bool full : {false, true}) {
    const auto [U, S, Vh] = linalg::svd(A, {.full_matrices = full});
    const std::int64_t m = A.dim(-2), n = A.dim(-1), k = std::min(m, n);
    EXPECT_EQ(U.dim(-1), full ? m : k) << what;
    EXPECT_EQ(Vh.dim(-2), full ? n : k) << what;
    expect_orthonormal_columns(U, what + ": U");
    expect_orthonormal_columns(Vh.transpose(), what + ": V");
    const Tensor back = matmul(matmul(U.slice(-1, {0, k}), diagonal(S)), Vh.slice(-2, {0, k}));
    // Sums of up to 90 terms, each up to the norm of A, at most 90 times its largest entry.
    expect_close(back, A, 0, 90 * tolerance(A.dtype()) * largest, what);
    const std::vector<double> s = S.to_vector();
    for (std::size_t i = 0; i < s.size(); ++i) {
      EXPECT_GE(s[i], 0) << what;
      if (i % static_cast<std::size_t>(k) > 0) {
        EXPECT_LE(s[i], s[i - 1]) << what;
      }
    }
  }
}

TEST(Linalg, SvdOfRandomMatricesMultipliesBack) {
  for (DType dtype : {kFloat32, kFloat64}) {
    for (const Shape& shape : kShapes) expect_svd(random(shape, 7, dtype), to_string(shape));
  }
}

TEST(Linalg, SvdOfAwkwardMatricesIsOrthonormal) {
  // Eigen's divide and conquer loses orthogonality on ones of some of these sizes.
  for (const Shape& shape : {Shape{64, 20}, Shape{20, 64}, Shape{33, 64}, Shape{64, 70},
                             Shape{70, 64}, Shape{40, 20}, Shape{100, 100}, Shape{3, 3}}) {
    const std::string text = to_string(shape);
    expect_svd(ones(shape, kFloat64), "ones " + text);
    expect_svd(zeros(shape, kFloat64), "zeros " + text);
    expect_svd(eye(shape[0], shape[1], kFloat64), "eye " + text);
    expect_svd(random({shape[0], 1}, 8) * random({1, shape[1]}, 9), "rank 1 " + text);
    expect_svd(random(shape, 10) * 1e-200, "tiny " + text);
    expect_svd(random(shape, 11) * exp(arange(shape[1], kFloat64) * -1.0), "graded " + text);
  }
}

TEST(Linalg, SvdAndEighPointTheirVectorsUp) {
  for (const Shape& shape : {Shape{6, 6}, Shape{9, 5}, Shape{5, 9}}) {
    const auto [U, S, Vh] = linalg::svd(random(shape, 12));
    for (std::int64_t j = 0; j < U.dim(-1); ++j) {
      const std::vector<double> u = U.select(1, j).to_vector();
      const double bound = 0.9 * max(abs(U.select(1, j))).item();
      for (double x : u) {
        if (std::fabs(x) < bound) continue;
        EXPECT_GT(x, 0);
        break;
      }
    }
  }
  const auto [w, V] = linalg::eigh(tensor({{2, 1}, {1, 2}}, kFloat64));
  expect_close(w, tensor({1, 3}, kFloat64), 0, 1e-15);
  const double r = std::sqrt(0.5);
  expect_close(V, tensor({{r, r}, {-r, r}}, kFloat64), 0, 1e-15);
}

TEST(Linalg, EighMultipliesBackAndAscends) {
  for (DType dtype : {kFloat32, kFloat64}) {
    for (std::int64_t n : {1, 2, 3, 16, 33, 80}) {
      const Tensor M = random({2, n, n}, 13, dtype), A = M + M.transpose();
      const auto [w, V] = linalg::eigh(A);
      expect_orthonormal_columns(V, std::to_string(n));
      // Sums of up to 80 terms, each up to the norm of A, about 2 sqrt(2 n).
      expect_close(matmul(matmul(V, diagonal(w)), V.transpose()), A, 0, 30 * tolerance(dtype));
      const std::vector<double> values = w.to_vector();
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % static_cast<std::size_t>(n) > 0) {
          EXPECT_GE(values[i], values[i - 1]);
        }
      }
    }
  }
  const auto [w, V] = linalg::eigh(ones({50, 50}, kFloat64));
  expect_orthonormal_columns(V, "ones");
  EXPECT_NEAR(w.at({49}), 50, 1e-12);
}

TEST(Linalg, LstsqLeavesAResidualOrthogonalToTheColumns) {
  const Tensor A = random({3, 20, 6}, 14), B = random({3, 20, 2}, 15);
  const auto [X, residuals, rank, s] = linalg::lstsq(A, B);
  const Tensor rest = B - matmul(A, X);
  expect_close(matmul(A.transpose(), rest), zeros({3, 6, 2}, kFloat64), 0, 1e-12);
  expect_close(residuals, sum(rest * rest, -2), 1e-12, 0);
  expect_same_bits(rank, tensor({6, 6, 6}, kInt64));
  expect_close(s, linalg::svd(A).S, 1e-13, 0);
}

TEST(Linalg, PinvMeetsTheFourEquationsOfPenrose) {
  for (const Shape& shape : {Shape{6, 4}, Shape{4, 6}, Shape{5, 5}}) {
    // Of rank 3, so that the cut of small singular values matters.
    const Tensor A = matmul(random({shape[0], 3}, 16), random({3, shape[1]}, 17));
    const Tensor P = linalg::pinv(A), AP = matmul(A, P), PA = matmul(P, A);
    EXPECT_EQ(linalg::matrix_rank(A).item(), 3);
    expect_close(matmul(AP, A), A, 0, 1e-12);
    expect_close(matmul(PA, P), P, 0, 1e-12);
    expect_close(AP.transpose(), AP, 0, 1e-12);
    expect_close(PA.transpose(), PA, 0, 1e-12);
  }
}

TEST(Linalg, DependsNeitherOnThreadsNorOnStrides) {
  const Tensor A = random({70, 6, 6}, 18), S = A + A.transpose(), B = random({70, 6, 2}, 19);
  same_on_all_threads([&] { return linalg::solve(A, B); });
  same_on_all_threads([&] { return linalg::det(A); });
  same_on_all_threads([&] { return linalg::qr(A).Q; });
  same_on_all_threads([&] { return linalg::svd(A).Vh; });
  same_on_all_threads([&] { return linalg::eigh(S).eigenvectors; });
  same_on_all_threads([&] { return linalg::lstsq(A, B).solution; });
  same_on_all_threads(
      [&] { return linalg::cholesky(matmul(A, A.transpose()) + eye(6, kFloat64)); });
  const Tensor turned = A.transpose().clone().transpose();
  expect_same_bits(linalg::inverse(turned), linalg::inverse(A));
  expect_same_bits(linalg::svd(turned).U, linalg::svd(A).U);
  expect_same_bits(linalg::pinv(turned), linalg::pinv(A));
}

}  // namespace
}  // namespace gradus::testing
