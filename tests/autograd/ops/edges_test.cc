// Edges of operations that gradcheck cannot walk over: zeros of norms, ties, infinities, and what a
// gradient must be although the numbers of a difference do not tell.
#include <gtest/gtest.h>

#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;

Tensor weights(const Shape& shape) {
  return (1.0 / (arange(numel(shape), kFloat64) + 1)).reshape(shape);
}

// d/dx of sum(w g), g the gradient of sum(w y).
Tensor second_gradient(const Variable& y, const Variable& x) {
  const Variable g = grad(sum(y * weights(y.shape())), x, {.create_graph = true});
  const Variable total = sum(g * weights(g.shape()));
  return grad(std::span(&total, 1), std::span(&x, 1), {}, {}, true)[0].value();
}

TEST(Edges, LogsumexpOfMinusInfinityAloneHasNoGradient) {
  const Variable x = parameter(tensor({{-INFINITY, -INFINITY}, {0, 0}, {-INFINITY, 3}}, kFloat64));
  sum(logsumexp(x, 1)).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 0, 0.5, 0.5, 0, 1}));
}

TEST(Edges, TheLargestMagnitudesShareTheGradientOfANorm) {
  const Variable x = parameter(tensor({{3, -3, 1}, {1, -2, 1}}, kFloat64));
  sum(norm(x, INFINITY, 1) * tensor({10, 1}, kFloat64)).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{5, -5, 0, 0, -1, 0}));
  x.zero_grad();
  sum(norm(x, -INFINITY, 1)).backward();
  EXPECT_EQ(x.grad().value().to_vector(), (std::vector<double>{0, 0, 1, 0.5, 0, 0.5}));
}

TEST(Edges, ANormOfZerosHasNoGradientOfAnyOrder) {
  for (double p : {0.5, 1.0, 1.5, 2.0, 2.5, 3.0}) {
    const Variable x = parameter(zeros({3}, kFloat64));
    const Tensor none = zeros({3}, kFloat64);
    const std::string what = "p = " + to_text(p);
    expect_close(grad(norm(x, p), x).value(), none, 0, 0, what);
    expect_close(second_gradient(norm(x, p), x), none, 0, 0, what + ", twice");
  }
}

TEST(Edges, TheSpreadOfEqualNumbersHasNoGradientOfAnyOrder) {
  const Variable x = parameter(tensor({2, 2, 2}, kFloat64));
  const Tensor none = zeros({3}, kFloat64);
  expect_close(grad(std(x), x).value(), none, 0, 0);
  expect_close(second_gradient(std(x), x), none, 0, 0, "twice");
  const Variable factor = parameter(Tensor(3.0));
  const Variable g = grad(std(x) * factor, x, {.create_graph = true});
  EXPECT_EQ(grad(sum(g), factor).item(), 0);
}

// y log a = inf * -inf, or -inf * -inf for the other zero, as in PyTorch.
TEST(Edges, APowerOfZeroIsInfinitelySteepInANegativeExponent) {
  const Tensor a = tensor({0, 0, -0.0}, kFloat64), dy = tensor({1, -2, 1}, kFloat64);
  const Variable b = parameter(tensor({-1, -1, -1}, kFloat64));
  for (bool create_graph : {false, true}) {
    b.zero_grad();
    pow(a, b).backward(dy, {.create_graph = create_graph});
    EXPECT_EQ(b.grad().value().to_vector(), (std::vector<double>{-INFINITY, INFINITY, INFINITY}));
  }
  b.zero_grad();
}

TEST(Edges, TheGradientOfACholeskyFactorIsSymmetric) {
  const Variable A = parameter(tensor({{4, 1, 2}, {1, 3, 0.5}, {2, 0.5, 5}}, kFloat64));
  const Variable L = linalg::cholesky(A);
  const Tensor g = grad(sum(L * weights(L.shape())), A).value();
  expect_close(g, g.transpose(), 1e-14, 0, "its transpose");  // a few roundings of sums
}

// The cofactors of the singular one may not spoil the gradient of the other.
TEST(Edges, ADeterminantThatIsZeroMayStandBesideOneThatIsNot) {
  const Tensor matrices = tensor({{{1, 2, 0}, {2, 4, 1}, {0, 0, 3}},
                                  {{2, 1, 0}, {0.5, 3, 1}, {1, 0, 1}},
                                  {{1, 2, 3}, {2, 4, 6}, {1, 0, 1}}},
                                 kFloat64);
  const std::vector<Variable> in = {parameter(matrices)};
  const GradcheckReport report = gradcheck([](Inputs v) { return linalg::det(v[0]); }, in);
  EXPECT_TRUE(report.ok) << report.text;
}

}  // namespace
}  // namespace gradus::testing
