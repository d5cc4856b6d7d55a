// A warm training step on small tensors asks neither malloc nor, through the pool, the system.
#include <gtest/gtest.h>

#include "autograd/ops_all.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise_all.h"
#include "tensor/pool.h"
#include "tests/support/count_new.h"
#include "tests/support/rules.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

template <class F>
void expect_no_malloc(F&& step, int threads = 1) {
  GRADUS_NEEDS_COUNTED_NEW();
  const WithThreads set(threads);
  for (int i = 0; i < 10; ++i) step();
  const std::size_t before = calls_of_new;
  const std::int64_t system = pool_statistics().system_calls;
  for (int i = 0; i < 20; ++i) step();
  EXPECT_EQ(calls_of_new - before, 0u);
  EXPECT_EQ(pool_statistics().system_calls - system, 0);
}

TEST(Allocations, AreCounted) {
  GRADUS_NEEDS_COUNTED_NEW();
  const std::size_t before = calls_of_new;
  const auto one = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(calls_of_new - before, 2u);
}

TEST(Allocations, AChainOfOpsAndItsBackwardCallNoMalloc) {
  const Variable x = parameter(ones({10, 10}));
  const Tensor seed = ones({10, 10});
  expect_no_malloc([&] {
    x.zero_grad();
    Variable y = x;
    for (int i = 0; i < 10; ++i) y = tanh(y);
    y.backward(seed);
  });
}

TEST(Allocations, ATrainingStepCallsNoMalloc) {
  const Variable x = ones({16, 32}), target = ones({16, 10});
  const Variable w1 = parameter(full({64, 32}, 0.01)), b1 = parameter(zeros({64})),
                 w2 = parameter(full({10, 64}, 0.01)), b2 = parameter(zeros({10}));
  optim::Optimizer<optim::SGD> sgd(std::vector<Variable>{w1, b1, w2, b2}, {.lr = 0.01});
  const auto step = [&] {
    sgd.zero_grad();
    const Variable y = linear(relu(linear(x, w1, b1)), w2, b2);
    mean(square(y - target)).backward();
    sgd.step();
  };
  expect_no_malloc(step);
  expect_no_malloc(step, 2);  // too little work to wake a thread
}

// Calls check(name, f, inputs) for every element-wise rule, with operands to broadcast.
template <class Check>
void for_each_rule(Check&& check) {
  const auto inside = [](const std::string& rule, const Shape& shape) {
    const Range range = smooth_range(rule);
    return parameter(full(shape, range.low + 0.4 * (range.high - range.low)));
  };
  for (const UnaryRule& rule : rules().unary) {
    const Variable x = inside(rule.name, {10, 10});
    check(
        rule.name, [&] { return rule.variable(x); }, std::vector{x});
  }
  for (const BinaryRule& rule : rules().binary) {
    const Variable a = inside(rule.name, {10, 10}), b = inside(rule.name, {10});
    check(
        rule.name, [&] { return rule.variable(a, b); }, std::vector{a, b});
  }
  for (const TernaryRule& rule : rules().ternary) {
    const Variable a = inside(rule.name, {10, 1}), b = inside(rule.name, {10, 10}),
                   c = inside(rule.name, {10});
    check(
        rule.name, [&] { return rule.variable(a, b, c); }, std::vector{a, b, c});
  }
}

TEST(Allocations, EveryRuleAndItsBackwardCallNoMalloc) {
  const Tensor seed = ones({10, 10});
  for_each_rule([&](const std::string& name, auto f, const std::vector<Variable>& inputs) {
    SCOPED_TRACE(name);
    expect_no_malloc([&] {
      for (const Variable& x : inputs) x.zero_grad();
      f().backward(seed);
    });
  });
}

TEST(Allocations, ProductsAndReductionsCallNoMalloc) {
  const Variable a = parameter(ones({16, 32})), b = parameter(ones({32, 8})),
                 many = parameter(ones({3, 8, 4})), v = parameter(ones({32}));
  const auto expect = [&](const char* name, auto f) {
    SCOPED_TRACE(name);
    expect_no_malloc([&] {
      for (const Variable& x : {a, b, many, v}) x.zero_grad();
      sum(f()).backward();
    });
  };
  expect("matmul", [&] { return matmul(a, b); });
  expect("matmul, transposed", [&] { return matmul(transpose(b), transpose(a)); });
  expect("matmul, a vector", [&] { return matmul(a, v); });
  expect("matmul, batched", [&] { return matmul(matmul(a, b), many); });
  expect("sum", [&] { return sum(a, 0); });
  expect("mean", [&] { return mean(a, 1, true); });
  expect("max", [&] { return max(a, 1); });
  expect("logsumexp", [&] { return logsumexp(a, 1); });
  expect("reshape", [&] { return reshape(a, {32, 16}) * 2; });
}

TEST(Allocations, OperationsOfManyInputsAndHooksCallNoMalloc) {
  const Variable x = parameter(ones({10})), w = parameter(ones({10}));
  double seen = 0;
  w.register_hook([&](const Variable& g) { seen += g.numel(); });
  x.register_post_accumulate_grad_hook([](const Variable& leaf) { leaf.zero_grad(); });
  expect_no_malloc([&] {
    w.zero_grad();
    sum(where(x.value() > 0, x * w, exp(w))).backward();
  });
  EXPECT_GT(seen, 0);
}

TEST(Allocations, ANodeAndItsResultTakeTwoOfThePool) {
  for_each_rule([&](const std::string& name, auto f, const std::vector<Variable>&) {
    const std::int64_t before = pool_statistics().requests;
    const Variable y = f();
    EXPECT_EQ(pool_statistics().requests - before, 2) << name;
    EXPECT_TRUE(y.requires_grad()) << name;
  });
}

}  // namespace
}  // namespace gradus::testing
