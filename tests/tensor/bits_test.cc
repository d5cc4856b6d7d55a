// The result of an element-wise kernel at an element depends on the operands at that element
// alone: not on the strides, the place in a row, the length of the row, or the number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tensor/random.h"
#include "tests/support/compare.h"
#include "tests/support/rules.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using Kernel = std::function<Tensor(const std::vector<Tensor>&)>;

struct Case {
  std::string name;
  int operands;
  bool positive;
  Kernel kernel;
  bool whole = false;  // takes whole numbers only
};

std::vector<Case> all_kernels() {
  std::vector<Case> cases;
  for (const UnaryRule& rule : rules().unary) {
    const bool positive = needs_positive(rule.name);
    cases.push_back({rule.name, 1, positive, [=](const auto& x) { return rule.tensor(x[0]); }});
    cases.push_back({rule.name + " backward", 3, positive,
                     [=](const auto& x) { return rule.backward(x[0], x[1], x[2]); }});
  }
  for (const BinaryRule& rule : rules().binary) {
    const bool positive = needs_positive(rule.name);
    cases.push_back(
        {rule.name, 2, positive, [=](const auto& x) { return rule.tensor(x[0], x[1]); }});
    cases.push_back({rule.name + " backward a", 4, positive,
                     [=](const auto& x) { return rule.backward_a(x[0], x[1], x[2], x[3]); }});
    cases.push_back({rule.name + " backward b", 4, positive,
                     [=](const auto& x) { return rule.backward_b(x[0], x[1], x[2], x[3]); }});
  }
  for (const TernaryRule& rule : rules().ternary) {
    cases.push_back(
        {rule.name, 3, false, [=](const auto& x) { return rule.tensor(x[0], x[1], x[2]); }});
    int operand = 0;
    for (const auto backward : {rule.backward_a, rule.backward_b, rule.backward_c}) {
      cases.push_back({rule.name + " backward " + "abc"[operand++], 5, false,
                       [=](const auto& x) { return backward(x[0], x[1], x[2], x[3], x[4]); }});
    }
  }
  for (const ComparisonRule& rule : rules().comparison) {
    cases.push_back({rule.name, 2, false, [=](const auto& x) { return rule.tensor(x[0], x[1]); }});
  }
  for (const PredicateRule& rule : rules().predicate) {
    cases.push_back({rule.name, 1, false, [=](const auto& x) { return rule.tensor(x[0]); },
                     rule.domain == Domain::kIntegral});
  }
  for (const IntegralRule& rule : rules().integral) {
    cases.push_back(
        {rule.name, 2, false, [=](const auto& x) { return rule.tensor(x[0], x[1]); }, true});
  }
  return cases;
}

std::vector<Tensor> operands_for(const Case& c, const Shape& shape, DType dtype) {
  Generator generator(5);
  std::vector<Tensor> operands;
  for (int k = 0; k < c.operands; ++k) {
    const double low = c.positive ? 0.01 : -9;
    const Tensor x = uniform(shape, low, 9, generator, dtype);
    operands.push_back(c.whole ? x.to(dtype == kFloat32 ? kInt32 : kInt64) : x);
  }
  return operands;
}

// The same elements behind other strides.
Tensor behind_transpose(const Tensor& x) { return x.transpose().clone().transpose(); }
Tensor behind_step_2(const Tensor& x) {
  Tensor wide = zeros({x.dim(0), 2 * x.dim(1)}, x.dtype());
  const Tensor view = wide.slice(1, {1, INT64_MAX, 2});
  view.copy_from(x);
  return view;
}
Tensor behind_offset(const Tensor& x) {
  const Tensor wide = zeros({x.dim(0) + 1, x.dim(1) + 3}, x.dtype());
  const Tensor view = wide.slice(0, {1}).slice(1, {3});
  view.copy_from(x);
  return view;
}

class Bits : public ::testing::TestWithParam<DType> {};

TEST_P(Bits, StridesChangeNothing) {
  for (const Case& c : all_kernels()) {
    const std::vector<Tensor> x = operands_for(c, {37, 53}, GetParam());
    const Tensor expected = c.kernel(x);
    const std::vector<std::pair<std::string, Tensor (*)(const Tensor&)>> layouts = {
        {"transposed", behind_transpose}, {"step 2", behind_step_2}, {"offset", behind_offset}};
    for (const auto& [layout, rearrange] : layouts) {
      std::vector<Tensor> all;
      for (const Tensor& operand : x) all.push_back(rearrange(operand));
      expect_same_bits(c.kernel(all), expected, c.name + ", all operands " + layout);
      if (c.operands == 1) continue;
      for (int k = 0; k < c.operands; ++k) {
        std::vector<Tensor> one = x;
        one[k] = rearrange(x[k]);
        const std::string what = c.name + ", operand " + std::to_string(k) + " " + layout;
        expect_same_bits(c.kernel(one), expected, what);
      }
    }
  }
}

TEST_P(Bits, RowsOfAnyLengthGiveTheSame) {
  for (const Case& c : all_kernels()) {
    const std::vector<Tensor> x = operands_for(c, {41, 64}, GetParam());
    const Tensor expected = c.kernel(x);
    for (int n = 1; n <= 40; ++n) {
      // Contiguous tensors of n elements, and rows of n elements inside longer ones.
      std::vector<Tensor> whole, rows, columns;
      for (const Tensor& operand : x) {
        whole.push_back(operand.select(0, n).slice(0, {0, n}));
        rows.push_back(operand.slice(1, {0, n}));
        columns.push_back(operand.transpose().slice(1, {0, n}));
      }
      const std::string what = c.name + ", rows of " + std::to_string(n);
      expect_same_bits(c.kernel(whole), expected.select(0, n).slice(0, {0, n}), what);
      expect_same_bits(c.kernel(rows), expected.slice(1, {0, n}), what + ", inside longer rows");
      expect_same_bits(c.kernel(columns), expected.transpose().slice(1, {0, n}),
                       what + ", inside columns");
    }
  }
}

// Vector functions treat huge, tiny and special numbers apart; their neighbours must not notice.
TEST_P(Bits, NeighboursChangeNothing) {
  const std::vector<double> special = {0, -0.0, INFINITY, -INFINITY, NAN, 1e-310, 1e-42, 1, -1};
  for (const Case& c : all_kernels()) {
    if (c.whole) continue;
    Generator generator(6);
    std::vector<Tensor> x;
    for (int k = 0; k < c.operands; ++k) {
      const Tensor mantissa = uniform({61}, -1, 1, generator, kFloat64);
      const Tensor exponent = uniform({61}, -300, 300, generator, kFloat64);
      std::vector<double> values;
      for (int i = 0; i < 61; ++i) {
        const int scale = GetParam() == kFloat32 ? 8 : 1;
        values.push_back(mantissa.at({i}) * std::pow(10, std::round(exponent.at({i}) / scale)));
        if (i % 3 == 1) values.back() = mantissa.at({i}) * 5;
        if (i % 7 == k) values.back() = special[(i + k) % special.size()];
      }
      x.push_back(from_values(values, {61}, GetParam()));
    }
    const Tensor together = c.kernel(x);
    for (std::int64_t i = 0; i < 61; ++i) {
      std::vector<Tensor> one;
      for (const Tensor& operand : x) one.push_back(operand.slice(0, {i, i + 1}));
      expect_close(together.slice(0, {i, i + 1}), c.kernel(one), 0, 0, c.name + " alone");
    }
  }
}

TEST_P(Bits, BroadcastingGivesTheSameAsRepeating) {
  for (const Case& c : all_kernels()) {
    if (c.operands != 2) continue;
    const std::vector<Tensor> x = operands_for(c, {19, 35}, GetParam());
    const std::vector<Tensor> few = {x[1].select(0, 2), x[1].slice(1, {3, 4}),
                                     x[1].slice(0, {4, 5}), x[1].select(0, 1).select(0, 1)};
    for (const Tensor& b : few) {
      const Tensor repeated = b.expand({19, 35}).clone();
      const std::string what = c.name + " with " + to_string(b.shape());
      expect_same_bits(c.kernel({x[0], b}), c.kernel({x[0], repeated}), what);
      expect_same_bits(c.kernel({b, x[0]}), c.kernel({repeated, x[0]}), what + " on the left");
    }
  }
}

TEST_P(Bits, ThreadsChangeNothing) {
  for (const Case& c : all_kernels()) {
    const std::vector<Tensor> x = operands_for(c, {70000}, GetParam());
    same_on_all_threads([&] { return c.kernel(x); });
  }
}

INSTANTIATE_TEST_SUITE_P(, Bits, ::testing::Values(kFloat32, kFloat64),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace gradus::testing
