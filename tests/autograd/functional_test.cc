// Derivatives of functions against closed forms, against each other, and of any order.
#include "autograd/functional.h"

#include <gtest/gtest.h>

#include <cmath>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

using Inputs = std::span<const Variable>;
using Variables = std::vector<Variable>;

// A few operations in float64 on numbers near 1.
constexpr double kRelative = 1e-12, kAbsolute = 1e-14;

Tensor d(const Nested& values) { return tensor(values, kFloat64); }
void expect_near(const Variable& got, const Tensor& expected, const std::string& what = "") {
  expect_close(got.value(), expected, kRelative, kAbsolute, what);
}

// y0 = a (rows) * b summed over columns [2], y1 = sum(a^2) [], y2 does not depend on anything.
Variables three(Inputs x) {
  return {sum(x[0] * x[1], 1), sum(square(x[0])), Variable(ones({3}, kFloat64))};
}
const Variables& operands() {
  static const Variables x = {d({{1, 2, 3}, {4, 5, 6}}), d({-1, 0.5, 2})};
  return x;
}

TEST(Functional, VjpIsTheSumOfGradientsByItsVector) {
  const Variables v = {d({1, -2}), d(0.5), d({7, 8, 9})};
  const FunctionalResult r = vjp(three, operands(), v);
  ASSERT_EQ(r.outputs.size(), 3u);
  expect_near(r.outputs[0], d({6, 10.5}));
  expect_near(r.outputs[1], d(91));
  // v0 b + v1 2 a;  sum over rows of v0 a
  expect_near(r.derivatives[0], d({{0, 2.5, 5}, {6, 4, 2}}));
  expect_near(r.derivatives[1], d({-7, -8, -9}));
  EXPECT_FALSE(r.outputs[0].requires_grad());
  EXPECT_FALSE(r.derivatives[0].requires_grad());
}

TEST(Functional, JvpIsTheChangeInADirection) {
  const Variables v = {d({{1, 0, 0}, {0, 0, 2}}), d({0, 1, 0})};
  const FunctionalResult r = jvp(three, operands(), v);
  expect_near(r.derivatives[0], d({-1 + 2, 4 + 5}));
  expect_near(r.derivatives[1], d(2 * (1 + 12)));
  expect_near(r.derivatives[2], d({0, 0, 0}), "no dependence gives zeros");
}

TEST(Functional, JacobianHasTheShapesOfOutputAndInput) {
  const auto j = jacobian(three, operands());
  ASSERT_EQ(j.size(), 3u);
  EXPECT_EQ(j[0][0].shape(), Shape({2, 2, 3}));
  expect_near(j[0][0], d({{{-1, 0.5, 2}, {0, 0, 0}}, {{0, 0, 0}, {-1, 0.5, 2}}}));
  expect_near(j[0][1], d({{1, 2, 3}, {4, 5, 6}}));
  expect_near(j[1][0], d({{2, 4, 6}, {8, 10, 12}}));
  expect_near(j[1][1], d({0, 0, 0}));
  EXPECT_EQ(j[2][0].shape(), Shape({3, 2, 3}));
  EXPECT_EQ(jacobian([](Variable x) { return tanh(x); }, zeros({0, 2}, kFloat64)).shape(),
            Shape({0, 2, 0, 2}));
}

TEST(Functional, JacobianAgreesWithProductsFromBothSides) {
  const auto f = [](Variable x) { return tanh(matmul(x, transpose(x))) * sum(exp(x)); };
  const Variable x = d({{0.1, -0.4, 0.3}, {0.7, 0.2, -0.5}});
  const Variable j = reshape(jacobian(f, x), {4, 6});
  const Tensor u = d({{1, -2}, {0.5, 3}}), v = d({{0.3, 1, -1}, {2, 0.1, 0.7}});
  const Variables us = {u}, vs = {v};
  expect_near(vjp(f, std::span(&x, 1), us).derivatives[0],
              matmul(u.reshape({1, 4}), j.value()).reshape({2, 3}));
  expect_near(jvp(f, std::span(&x, 1), vs).derivatives[0],
              matmul(j.value(), v.reshape({6, 1})).reshape({2, 2}));
}

TEST(Functional, HessianOfACubicForm) {
  // y = x0^2 x1 + 3 x1 z, by x [2] and z []
  const auto f = [](Inputs v) {
    const Variable x0 = slice(v[0], 0, {0, 1}), x1 = slice(v[0], 0, {1, 2});
    return sum(square(x0) * x1 + 3 * x1 * v[1]);
  };
  const Variables x = {d({2, 5}), d(-1)};
  const auto h = hessian(f, x);
  expect_near(h[0][0], d({{10, 4}, {4, 0}}));
  expect_near(h[0][1], d({0, 3}));
  expect_near(h[1][0], d({0, 3}));
  expect_near(h[1][1], d(0));
  const Variables v = {d({1, -2}), d(0.5)};
  const FunctionalResult r = hvp(f, x, v);
  expect_near(r.outputs[0], d(20 - 15));
  expect_near(r.derivatives[0], d({10 - 8, 4 + 1.5}));
  expect_near(r.derivatives[1], d(-6));
}

TEST(Functional, ALinearFunctionHasAZeroHessian) {
  const auto f = [](Variable x) { return sum(2 * x); };
  expect_near(hessian(f, d({1, 2})), zeros({2, 2}, kFloat64));
  const Variable x = d({1, 2});
  expect_near(hvp(f, std::span(&x, 1), std::span(&x, 1)).derivatives[0], d({0, 0}));
}

TEST(Functional, ResultsWithAGraphCanBeDifferentiatedAgain) {
  const Variable x = parameter(d({0.5, -1.5}));
  const auto cube = [](Variable v) { return v * v * v; };
  const Variable j = jacobian(cube, x, {.create_graph = true});
  const Variable by_x = grad(sum(j), x);
  expect_near(by_x, 6.0 * x.value(), "of the Jacobian");
  const auto p = jvp(cube, std::span(&x, 1), Variables{d({1, 1})}, {.create_graph = true});
  expect_near(grad(sum(p.derivatives[0]), x), 6.0 * x.value(), "of a product");
  const Variable h = hessian([&](Variable v) { return sum(cube(v)); }, x, {.create_graph = true});
  expect_near(grad(sum(h), x), d({6, 6}), "of the Hessian");
  EXPECT_FALSE(x.grad().defined());
}

TEST(Functional, OfAFunctionThatHandsItsInputBackIsTheIdentity) {
  const auto same = [](Variable x) { return x; };
  const Variable x = d({1, 2, 3});
  expect_near(jacobian(same, x), d({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}));
  const Variables v = {d({5, 6, 7})};
  expect_near(vjp(same, std::span(&x, 1), v).derivatives[0], v[0].value());
  expect_near(jvp(same, std::span(&x, 1), v).derivatives[0], v[0].value());
}

TEST(Functional, OfAConstantFunctionIsZero) {
  const auto f = [](Variable) { return Variable(d(3)); };
  const Variable x = d({1, 2});
  expect_near(hessian(f, x), zeros({2, 2}, kFloat64));
  expect_near(hvp(f, std::span(&x, 1), std::span(&x, 1)).derivatives[0], d({0, 0}));
  expect_near(jvp(f, std::span(&x, 1), std::span(&x, 1)).derivatives[0], d(0));
}

TEST(Functional, NestsInItself) {
  const auto f = [](Variable x) { return sum(exp(x) * sin(sum(x))); };
  const auto slope = [&](Variable x) { return jacobian(f, x, {.create_graph = true}); };
  const Variable x = d({0.3, -0.7});
  expect_near(jacobian(slope, x), hessian(f, x).value());
}

TEST(Functional, KeepsTheDType) {
  const Variable x = tensor({1, 2});
  EXPECT_EQ(jacobian([](Variable v) { return square(v); }, x).dtype(), kFloat32);
  EXPECT_EQ(hessian([](Variable v) { return sum(square(v)); }, x).dtype(), kFloat32);
}

TEST(Functional, TheInputsOfTheCallerStayAsTheyAre) {
  const Variable x = parameter(d({1, 2})), plain = d({3, 4});
  const NoGradGuard no_grad;
  const Variables both = {x, plain};
  const auto r = vjp([](Inputs v) { return sum(v[0] * v[1]); }, both);
  expect_near(r.derivatives[0], d({3, 4}));
  expect_near(r.derivatives[1], d({1, 2}));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(plain.requires_grad());
}

// f, f', f'' ... by repeated grad, at x.
std::vector<double> derivatives(const std::function<Variable(const Variable&)>& f, double at,
                                int order) {
  const Variable x = parameter(d(at));
  Variable y = f(x);
  std::vector<double> values = {y.item()};
  for (int n = 0; n < order; ++n) {
    y = grad(y, x, {.create_graph = true});
    values.push_back(y.item());
  }
  return values;
}

TEST(Functional, FifthDerivativeOfTanh) {
  const double at = 0.3, t = std::tanh(at), s = 1 - t * t;
  const auto got = derivatives([](const Variable& x) { return tanh(x); }, at, 5);
  // d/dx of a polynomial p(t) is p'(t) (1 - t^2).
  const std::vector<double> expected = {t,
                                        s,
                                        -2 * t * s,
                                        s * (6 * t * t - 2),
                                        s * (16 * t - 24 * t * t * t),
                                        s * (16 - 120 * t * t + 120 * t * t * t * t)};
  for (int n = 0; n <= 5; ++n) {
    EXPECT_NEAR(got[n], expected[n], 1e-12 * std::fabs(expected[n])) << "order " << n;
  }
}

TEST(Functional, SeventhDerivativeOfAProductByLeibniz) {
  const double at = 1.1;
  const auto got = derivatives([](const Variable& x) { return pow(x, 7.0) * sin(x); }, at, 7);
  for (int n = 0; n <= 7; ++n) {
    double expected = 0, binomial = 1;  // sum_k C(n, k) (x^7)^(k) sin^(n-k)
    for (int k = 0; k <= n; ++k) {
      double power = std::pow(at, 7 - k);
      for (int i = 0; i < k; ++i) power *= 7 - i;
      expected += binomial * power * std::sin(at + (n - k) * M_PI / 2);
      binomial = binomial * (n - k) / (k + 1);
    }
    // Sums of up to 2^7 terms of both signs, the largest a hundred times the sum.
    EXPECT_NEAR(got[n], expected, 1e-11 * std::fabs(expected)) << "order " << n;
  }
}

TEST(Functional, MistakesAreNamed) {
  const auto f = [](Inputs v) { return v[0] * 2; };
  const auto one = [](Variable v) { return v * 2; };
  const Variables x = {d({1, 2})}, two = {d({1, 2}), d(1)}, wrong = {d({1, 2, 3})}, none;
  const Variables whole = {tensor({1, 2}, kInt64)};
  expect_throws_text<AutogradError>([&] { vjp(f, none); },
                                    "[vjp] inputs: none; expected at least one");
  expect_throws_text<AutogradError>([&] { vjp(f, whole); },
                                    "[vjp] input 0: int64; expected a floating dtype");
  expect_throws_text<AutogradError>([&] { vjp(f, x); }, "[vjp] v: 0; expected 1, one per output");
  expect_throws_text<AutogradError>([&] { vjp(f, x, wrong); },
                                    "[vjp] v 0: shape [3]; expected [2], that of the output");
  expect_throws_text<AutogradError>([&] { jvp(f, x, wrong); },
                                    "[jvp] v 0: shape [3]; expected [2], that of the input");
  expect_throws_text<AutogradError>([&] { jvp(f, x, two); },
                                    "[jvp] v: 2; expected 1, one per input");
  expect_throws_text<AutogradError>(
      [&] { hessian(f, x); },
      "[hessian] output: 1 of shape [2]; expected a single one of one element");
  expect_throws_text<AutogradError>(
      [&] { jacobian(one, two); },
      "[Differentiable] f: takes one Variable; expected a function of a span, for 2 inputs");
  expect_throws_text<AutogradError>(
      [&] {
        jacobian([](Variable v) { return Variables{v, v, v}; }, Variable(d({1, 2})));
      },
      "[jacobian] f: 3 outputs; expected one; pass a span of inputs for more");
  expect_throws_text<AutogradError>([&] { vjp([](Variable v) { return v > 0; }, x, x); },
                                    "[vjp] output 0: bool; expected a floating dtype");
}

TEST(Functional, StrictNamesWhatDoesNotDepend) {
  expect_throws_text<AutogradError>(
      [&] { jacobian(three, operands(), {.strict = true}); },
      "[jacobian] output 2: independent of the inputs; expected a dependence, since strict was "
      "asked for");
  const Variables x = {d(1), d(2)};
  expect_throws_text<AutogradError>(
      [&] { vjp([](Inputs v) { return v[0] * 2; }, x, {}, {.strict = true}); },
      "[grad] input 1: no output depends on it; expected one that does; pass allow_unused to get "
      "zeros");
}

}  // namespace
}  // namespace gradus::testing
