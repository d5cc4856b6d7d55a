// Products and linear algebra: central differences of first and second order.
#include "autograd/ops/linalg.h"

#include <gtest/gtest.h>

#include "autograd/ops/decompositions.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/products.h"
#include "autograd/ops/slice.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "tensor/elementwise/abs.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/square.h"
#include "tests/support/gradients.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

TEST(ProductGradients, OuterAndDot) {
  const auto row = [](std::int64_t n, int seed) { return gap_parameter({n}, -2, 2, seed); };
  for (const auto& [n, m] : std::vector<std::pair<int, int>>{{2, 3}, {1, 1}, {0, 2}, {2, 0}}) {
    expect_gradients("outer", [](Inputs v) { return square(outer(v[0], v[1])); },
                     {row(n, 1), row(m, 2)});
  }
  expect_gradients("outer", [](Inputs v) { return outer(flip(v[0]), v[0]); }, {row(3, 3)});
  for (const int n : {3, 1, 0}) {
    expect_gradients("dot", [](Inputs v) { return square(dot(v[0], v[1])); },
                     {row(n, 1), row(n, 2)});
  }
  expect_gradients("dot", [](Inputs v) { return dot(v[0], flip(v[0])); }, {row(3, 3)});
}

TEST(ProductGradients, Einsum) {
  const std::vector<std::pair<std::string, std::vector<Shape>>> cases = {
      {"ij,jk->ik", {{2, 3}, {3, 2}}},
      {"ij,jk", {{2, 3}, {3, 2}}},
      {"bij,bjk->bki", {{2, 2, 3}, {2, 3, 1}}},
      {"i,j,k->kji", {{2}, {1}, {3}}},
      {"ij,ij,ij->", {{2, 2}, {2, 2}, {2, 2}}},
      {"ij->", {{2, 3}}},
      {"ij->j", {{2, 3}}},
      {"ij->ji", {{2, 3}}},
      {"ii->i", {{3, 3}}},
      {"ii", {{3, 3}}},
      {"iij,j->i", {{2, 2, 3}, {3}}},
      {"iji->j", {{2, 3, 2}}},
      {"ij,kl->", {{2, 2}, {1, 3}}},   // letters of one operand only
      {"ij,ij->i", {{2, 3}, {2, 1}}},  // size 1 is repeated
      {"ij,jk->ik", {{2, 1}, {3, 2}}},
      {"...i,...i->...", {{2, 1, 3}, {2, 3}}},
      {"...ij,jk", {{2, 2, 3}, {3, 2}}},
      {"...,...", {{2, 3}, {3}}},
      {"a...b,b...->...a", {{2, 3, 2}, {2, 3}}},
      {"ij,jk->ik", {{0, 3}, {3, 2}}},
      {"ij,jk->ik", {{2, 0}, {0, 2}}},
      {",i->i", {{}, {3}}},
      {"->", {{}}}};
  for (const auto& [equation, shapes] : cases) {
    std::vector<Variable> inputs;
    for (const Shape& shape : shapes) {
      inputs.push_back(gap_parameter(shape, -2, 2, static_cast<int>(inputs.size()) + 1));
    }
    SCOPED_TRACE(equation);
    expect_gradients(
        "einsum", [&](Inputs v) { return square(einsum(equation, v)); }, inputs);
  }
  const Variable a = gap_parameter({2, 3}, -2, 2, 1);
  expect_gradients("einsum", [](Inputs v) { return einsum("ij,kj->ik", {flip(v[0]), v[0]}); }, {a});
  expect_gradients("einsum",
                   [](Inputs v) {
                     return square(einsum("ij,jk->ik", {v[0], transpose(v[1])}));
                   },
                   {a, Variable(a.value())});
}

TEST(ProductGradients, Tensordot) {
  const Variable a = gap_parameter({2, 3, 2}, -2, 2, 1), b = gap_parameter({3, 2, 2}, -2, 2, 2);
  for (const int n : {0, 1, 2}) {
    if (n == 0) {
      expect_gradients("tensordot", [=](Inputs v) { return tensordot(v[0], v[1], 0); },
                       {gap_parameter({2}, -2, 2, 3), gap_parameter({1, 2}, -2, 2, 4)});
    } else if (n == 2) {
      expect_gradients("tensordot", [=](Inputs v) { return square(tensordot(v[0], v[1])); },
                       {a, b});
    } else {
      expect_gradients("tensordot",
                       [](Inputs v) { return square(tensordot(transpose(v[0]), v[1], 1)); },
                       {a, b});
    }
  }
  expect_gradients("tensordot",
                   [](Inputs v) {
                     return square(tensordot(v[0], v[1], {1, 0}, {0, -1}));
                   },
                   {a, b});
}

// Well away from singular: a diagonal of 3.
Variable matrix(const Shape& shape, int seed) {
  const Variable x = gap_parameter(shape, -1, 1, seed);
  return parameter(x.value() + eye(shape.at(-2), shape.at(-1), kFloat64) * 3);
}

TEST(LinalgGradients, SolveAndInverse) {
  const auto f = [](Inputs v) { return square(linalg::solve(v[0], v[1])); };
  for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{{{3, 3}, {3, 2}},
                                                                 {{3, 3}, {3}},
                                                                 {{1, 1}, {1}},
                                                                 {{0, 0}, {0, 2}},
                                                                 {{2, 2}, {2, 0}},
                                                                 {{2, 2, 2}, {2, 2}},
                                                                 {{2, 2, 2}, {2}},
                                                                 {{2, 2, 2}, {1, 2, 3}},
                                                                 {{2, 2}, {3, 2, 1}}}) {
    SCOPED_TRACE(to_string(a) + to_string(b));
    expect_gradients("solve", f, {matrix(a, 1), gap_parameter(b, -2, 2, 2)});
  }
  expect_gradients("solve", [](Inputs v) { return linalg::solve(transpose(v[0]), flip(v[0])); },
                   {matrix({3, 3}, 3)});
  for (const Shape& shape : {Shape{3, 3}, Shape{1, 1}, Shape{0, 0}, Shape{2, 2, 2}}) {
    expect_gradients("inverse", [](Inputs v) { return square(linalg::inverse(v[0])); },
                     {matrix(shape, 1)});
    expect_gradients("inverse", [](Inputs v) { return linalg::inverse(transpose(v[0])); },
                     {matrix(shape, 1)});
  }
}

TEST(LinalgGradients, Determinants) {
  for (const Shape& shape : {Shape{3, 3}, Shape{1, 1}, Shape{0, 0}, Shape{2, 2, 2}}) {
    const Variable A = matrix(shape, 1);
    expect_gradients("det", [](Inputs v) { return square(linalg::det(v[0])); }, {A});
    expect_gradients("det", [](Inputs v) { return linalg::det(transpose(v[0])); }, {A});
    expect_gradients("slogdet", [](Inputs v) { return square(linalg::slogdet(v[0]).logabsdet); },
                     {A});
  }
  // The cofactors of matrices of rank 2, 1 and 0.
  for (const Tensor& A :
       {tensor({{1, 2, 3}, {4, 5, 6}, {5, 7, 9}}, kFloat64), tensor({{1, 2}, {2, 4}}, kFloat64),
        tensor({{0, 0, 0}, {0, 1, 0}, {0, 0, -2}}, kFloat64), zeros({1, 1}, kFloat64),
        zeros({2, 3, 3}, kFloat64)}) {
    const Variable x = parameter(A);
    const auto f = [](Inputs v) { return linalg::det(v[0]); };
    const GradcheckReport report = gradcheck(f, std::span(&x, 1));
    EXPECT_TRUE(report.ok) << report.text;
  }
}

// A symmetric matrix, positive definite, with eigenvalues apart.
Variable symmetric(const Variable& x) {
  const std::int64_t n = x.dim(-1);
  Tensor base = eye(n, kFloat64);
  for (std::int64_t i = 0; i < n; ++i) {
    base.slice(0, {i, i + 1}).slice(1, {i, i + 1}).fill(2.0 + 1.5 * static_cast<double>(i));
  }
  return (x + transpose(x)) * 0.25 + base;
}

TEST(LinalgGradients, Cholesky) {
  for (const Shape& shape : {Shape{3, 3}, Shape{1, 1}, Shape{0, 0}, Shape{2, 2, 2}}) {
    const Variable x = gap_parameter(shape, -1, 1, 1);
    expect_gradients("cholesky", [](Inputs v) { return square(linalg::cholesky(symmetric(v[0]))); },
                     {x});
    expect_gradients("cholesky",
                     [](Inputs v) { return linalg::cholesky(transpose(symmetric(v[0]))); }, {x});
  }
}

// Entries of a matrix with different weights, squared, so that all of them matter.
Variable weighed(const Variable& x) {
  const Tensor weights = (arange(x.numel(), kFloat64) * 0.37 + 1).reshape(x.shape());
  return sum(square(x) * weights) + sum(x * weights);
}

TEST(LinalgGradients, EigenvaluesAndVectors) {
  for (const Shape& shape : {Shape{3, 3}, Shape{1, 1}, Shape{0, 0}, Shape{2, 2, 2}}) {
    const Variable x = gap_parameter(shape, -1, 1, 1);
    expect_gradients("eigh",
                     [](Inputs v) {
                       const auto [w, V] = linalg::eigh(symmetric(v[0]));
                       return weighed(w) * 0.5 + weighed(V);
                     },
                     {x});
    expect_gradients(
        "eigh", [](Inputs v) { return weighed(linalg::eigh(symmetric(v[0])).eigenvalues); }, {x});
  }
}

TEST(LinalgGradients, SingularValuesAndVectors) {
  for (const Shape& shape : {Shape{3, 3}, Shape{4, 2}, Shape{2, 4}, Shape{1, 3}, Shape{2, 3, 2}}) {
    SCOPED_TRACE(to_string(shape));
    const Variable A = matrix(shape, 2);
    expect_gradients("svd",
                     [](Inputs v) {
                       const auto [U, S, Vh] = linalg::svd(v[0]);
                       return weighed(U) + weighed(S) * 0.5 + weighed(Vh) * 0.7;
                     },
                     {A});
    expect_gradients("svd", [](Inputs v) { return linalg::svd(transpose(v[0])).S; }, {A});
  }
}

TEST(LinalgGradients, QrOfTallAndWideMatrices) {
  for (const Shape& shape :
       {Shape{3, 3}, Shape{4, 2}, Shape{2, 4}, Shape{1, 1}, Shape{2, 3, 2}, Shape{3, 0}}) {
    SCOPED_TRACE(to_string(shape));
    expect_gradients("qr",
                     [](Inputs v) {
                       const auto [Q, R] = linalg::qr(v[0]);
                       return weighed(Q) + weighed(R) * 0.5;
                     },
                     {matrix(shape, 3)});
  }
}

TEST(LinalgGradients, PseudoInverseAndLeastSquares) {
  for (const Shape& shape : {Shape{3, 3}, Shape{4, 2}, Shape{2, 4}, Shape{1, 1}, Shape{2, 3, 2}}) {
    SCOPED_TRACE(to_string(shape));
    const Variable A = matrix(shape, 4), B = gap_parameter({shape.at(-2), 2}, -2, 2, 5);
    expect_gradients("pinv", [](Inputs v) { return square(linalg::pinv(v[0])); }, {A});
    expect_gradients("pinv", [](Inputs v) { return weighed(linalg::lstsq(v[0], v[1]).solution); },
                     {A, B});
  }
  expect_gradients("pinv",
                   [](Inputs v) {
                     const auto y = linalg::lstsq(v[0], v[1]);
                     return weighed(y.solution) + weighed(y.residuals);
                   },
                   {matrix({4, 2}, 4), gap_parameter({4}, -2, 2, 5)});
  // Rank 1 of 2: changes of A keep the rank.
  expect_gradients("pinv", [](Inputs v) { return square(linalg::pinv(outer(v[0], v[1]))); },
                   {gap_parameter({3}, 0.5, 2, 1), gap_parameter({2}, 0.5, 2, 2)});
}

}  // namespace
}  // namespace gradus::testing
