// Values, gradients and second gradients against PyTorch: tests/golden/make_op_gradients.py.
#include "tests/support/golden.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "autograd/ops/cat.h"
#include "autograd/ops/decompositions.h"
#include "autograd/ops/diagonal.h"
#include "autograd/ops/extremes.h"
#include "autograd/ops/flip.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/logsumexp.h"
#include "autograd/ops/masked_fill.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/nansum.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/permute.h"
#include "autograd/ops/prod.h"
#include "autograd/ops/products.h"
#include "autograd/ops/repeat.h"
#include "autograd/ops/roll.h"
#include "autograd/ops/scan.h"
#include "autograd/ops/select.h"
#include "autograd/ops/sort.h"
#include "autograd/ops/split.h"
#include "autograd/ops/sum.h"
#include "autograd/ops/transpose.h"
#include "autograd/ops/tril.h"
#include "autograd/ops/unfold.h"
#include "autograd/ops/var.h"
#include "tensor/elementwise/add.h"
#include "tensor/elementwise/exp.h"
#include "tensor/elementwise/mul.h"
#include "tensor/elementwise/pow.h"
#include "tensor/elementwise/square.h"
#include "tests/support/compare.h"
#include "tests/support/golden_gradients.h"

namespace gradus::testing {
namespace {

using Inputs = const std::vector<Variable>&;

// Both sides are short sums of products in float64.
constexpr double kRelative = 1e-12, kAbsolute = 1e-13;
// Second derivatives of decompositions divide by gaps between singular values several times over;
// PyTorch and Gradus do it in different orders.
constexpr double kOfDecompositions = 1e-12;

Variable symmetric(const Variable& x) {
  return matmul(x, transpose(x)) + tensor({{1, 0, 0}, {0, 3, 0}, {0, 0, 6}}, kFloat64);
}
Variable powers(const Variable& x) {
  const auto [w, V] = linalg::eigh(symmetric(x));
  return matmul(V * exp(w * 0.1), transpose(V));
}
Variable cubed(const Variable& x) {
  const auto [U, S, Vh] = linalg::svd(x);
  return matmul(U * pow(S, 3), Vh);
}
Variable both(const linalg::VariableQr& y) { return cat({flatten(y.Q), flatten(y.R)}); }

std::map<std::string, GoldenFunction> smooth_functions() {
  static const Tensor mask = tensor({1, 0, 1, 0}, kBool);
  return {
      {"permute",
       [](Inputs x) {
         return square(permute(x[0], {2, 0, 1}));
       }},
      {"moveaxis", [](Inputs x) { return square(moveaxis(x[0], 0, 2)); }},
      {"flatten", [](Inputs x) { return square(flatten(x[0], 1)); }},
      {"select", [](Inputs x) { return square(select(x[0], 1, -2)); }},
      {"narrow", [](Inputs x) { return square(narrow(x[0], 1, 1, 2)); }},
      {"flip", [](Inputs x) { return square(flip(x[0], 1)); }},
      {"diagonal", [](Inputs x) { return square(diagonal(x[0], 1)); }},
      {"unfold", [](Inputs x) { return square(unfold(x[0], 1, 2, 1)); }},
      {"chunk",
       [](Inputs x) {
         const auto parts = chunk(x[0], 2, 1);
         return square(parts[1]) * parts[0];
       }},
      {"cat",
       [](Inputs x) {
         return square(cat({x[0], x[1], x[0]}, 1));
       }},
      {"stack",
       [](Inputs x) {
         return square(stack({x[0], x[1], x[0]}, -1));
       }},
      {"repeat",
       [](Inputs x) {
         return square(repeat(x[0], {2, 1, 2}));
       }},
      {"roll",
       [](Inputs x) {
         return square(roll(x[0], {1, -2}, {0, 1}));
       }},
      {"tril", [](Inputs x) { return square(tril(x[0], -1)); }},
      {"triu", [](Inputs x) { return square(triu(x[0], 1)); }},
      {"pad",
       [](Inputs x) {
         return square(pad(x[0], {1, -1, 0, 2}, 0.5));
       }},
      {"masked_fill", [](Inputs x) { return square(masked_fill(x[0], mask, 2)); }},
      {"prod", [](Inputs x) { return prod(x[0], 1); }},
      {"prod_all", [](Inputs x) { return prod(x[0]); }},
      {"prod_zeros", [](Inputs x) { return prod(x[0], 1); }},
      {"var", [](Inputs x) { return square(var(x[0], 1)); }},
      {"var_axes",
       [](Inputs x) {
         return var(x[0], {0, 2}, 0);
       }},
      {"std", [](Inputs x) { return gradus::std(x[0], 0, 1, true); }},
      {"var_mean",
       [](Inputs x) {
         const auto [v, m] = var_mean(x[0], 1);
         return v * m;
       }},
      {"std_mean",
       [](Inputs x) {
         const auto [s, m] = std_mean(x[0], 1);
         return s * m;
       }},
      {"logsumexp",
       [](Inputs x) {
         return logsumexp(x[0], {0, 1}) * logsumexp(x[0], 1);
       }},
      {"nansum", [](Inputs x) { return nansum(square(x[0]), 1); }},
      {"nanmean", [](Inputs x) { return nanmean(square(x[0]), 1); }},
      {"median", [](Inputs x) { return square(median(x[0])); }},
      {"max_with_indices", [](Inputs x) { return square(max_with_indices(x[0], 1).values); }},
      {"min_with_indices", [](Inputs x) { return square(min_with_indices(x[0], 0).values); }},
      {"kthvalue", [](Inputs x) { return square(kthvalue(x[0], 2, 1).values); }},
      {"cumsum", [](Inputs x) { return square(cumsum(x[0], 1)); }},
      {"cumprod", [](Inputs x) { return cumprod(x[0], 1); }},
      {"cumprod_zeros", [](Inputs x) { return cumprod(x[0], 0); }},
      {"logcumsumexp", [](Inputs x) { return logcumsumexp(x[0], 1); }},
      {"cummax", [](Inputs x) { return square(cummax(x[0], 1).values); }},
      {"cummin", [](Inputs x) { return square(cummin(x[0], 0).values); }},
      {"diff", [](Inputs x) { return square(diff(x[0], 2, 1)); }},
      {"sort", [](Inputs x) { return square(sort(x[0], 1, true).values); }},
      {"topk", [](Inputs x) { return square(topk(x[0], 2, 0).values); }},
      {"outer", [](Inputs x) { return outer(x[0], x[1]); }},
      {"dot", [](Inputs x) { return dot(x[0], x[1]); }},
      {"tensordot",
       [](Inputs x) {
         return tensordot(x[0], x[1], {1, 0}, {0, 2});
       }},
      {"einsum", [](Inputs x) { return einsum("...ij,jk,ii->k...i", x); }},
  };
}

std::map<std::string, GoldenFunction> linalg_functions() {
  return {
      {"solve", [](Inputs x) { return linalg::solve(x[0], x[1]); }},
      {"solve_vector", [](Inputs x) { return linalg::solve(x[0], x[1]); }},
      {"inverse", [](Inputs x) { return linalg::inverse(x[0]); }},
      {"det", [](Inputs x) { return linalg::det(x[0]); }},
      {"slogdet", [](Inputs x) { return linalg::slogdet(x[0]).logabsdet; }},
      {"cholesky", [](Inputs x) { return linalg::cholesky(symmetric(x[0])); }},
      {"eigh_values", [](Inputs x) { return linalg::eigh(symmetric(x[0])).eigenvalues; }},
      {"eigh", [](Inputs x) { return powers(x[0]); }},
      {"svd_values", [](Inputs x) { return linalg::svd(x[0]).S; }},
      {"svd_tall", [](Inputs x) { return cubed(x[0]); }},
      {"svd_wide", [](Inputs x) { return cubed(x[0]); }},
      {"qr", [](Inputs x) { return both(linalg::qr(x[0])); }},
      {"qr_wide", [](Inputs x) { return both(linalg::qr(x[0])); }},
      {"pinv", [](Inputs x) { return linalg::pinv(x[0]); }},
      {"lstsq", [](Inputs x) { return linalg::lstsq(x[0], x[1]).solution; }},
  };
}

std::map<std::string, GoldenFunction> norms() {
  std::map<std::string, GoldenFunction> functions;
  for (const auto& [text, p] : std::vector<std::pair<std::string, double>>{{"0", 0},
                                                                           {"0.5", 0.5},
                                                                           {"1", 1},
                                                                           {"1.5", 1.5},
                                                                           {"2", 2},
                                                                           {"3", 3},
                                                                           {"-1", -1},
                                                                           {"inf", INFINITY},
                                                                           {"-inf", -INFINITY}}) {
    functions["norm_" + text] = [p = p](Inputs x) { return norm(x[0], p, 1); };
  }
  return functions;
}

TEST(OpGradientsGolden, AreThoseOfPyTorch) {
  const auto expected = golden("op_gradients")["smooth"];
  const auto easy = smooth_functions(), hard = linalg_functions(), norm_of = norms();
  EXPECT_EQ(expected.size(), easy.size() + hard.size() + norm_of.size());
  for (const auto& functions : {easy, norm_of}) {
    for (const auto& [name, f] : functions) {
      expect_golden_gradients(name, expected.at(name), f, kRelative, kAbsolute);
    }
  }
  for (const auto& [name, f] : hard) {
    expect_golden_gradients(name, expected.at(name), f, kOfDecompositions, kOfDecompositions);
  }
}

// Where there is no derivative, and at ties, zeros, infinities and NaN.
TEST(OpGradientsGolden, AtKinksAreThoseOfPyTorch) {
  const auto expected = golden("op_gradients")["kinks"];
  std::map<std::string, GoldenFunction> functions = {
      {"max_with_indices", [](Inputs x) { return max_with_indices(x[0], 1).values; }},
      {"min_with_indices", [](Inputs x) { return min_with_indices(x[0], 1).values; }},
      {"median", [](Inputs x) { return median(x[0]); }},
      {"cummax", [](Inputs x) { return cummax(x[0], 1).values; }},
      {"cummin", [](Inputs x) { return cummin(x[0], 1).values; }},
      {"sort",
       [](Inputs x) {
         return sort(x[0], 1).values * tensor({1, 2, 3, 4}, kFloat64);
       }},
      {"std", [](Inputs x) { return gradus::std(x[0], 1); }},
      {"logsumexp", [](Inputs x) { return logsumexp(x[0], 1); }},
      {"logcumsumexp", [](Inputs x) { return logcumsumexp(x[0], 0); }},
      {"nansum", [](Inputs x) { return nansum(x[0], 1); }},
      {"nanmean", [](Inputs x) { return nanmean(x[0], 1); }},
      {"prod", [](Inputs x) { return prod(x[0], 1); }},
      {"det_rank_2", [](Inputs x) { return linalg::det(x[0]); }},
  };
  for (auto& [name, f] : norms()) {
    if (name != "norm_-1") functions[name] = f;  // at 0 it is no norm
  }
  EXPECT_EQ(expected.size(), functions.size());
  for (const auto& [name, f] : functions) {
    expect_golden_first(name, expected.at(name), f, kRelative, kAbsolute);
  }
}

// Differs: PyTorch gives NaN.
TEST(OpGradientsGolden, OfLogcumsumexpAreZeroBeforeTheFirstNumber) {
  const Variable x = parameter(tensor({-INFINITY, -INFINITY, 1, 1}, kFloat64));
  sum(logcumsumexp(x, 0)).backward();
  expect_close(x.grad().value(), tensor({0, 0, 1.5, 0.5}, kFloat64), kRelative, 0);
}

}  // namespace
}  // namespace gradus::testing
