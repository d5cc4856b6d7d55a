// A warm training step on small tensors asks neither malloc nor, through the pool, the system.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "autograd/ops_all.h"
#include "optim/rules/sgd.h"
#include "tensor/elementwise_all.h"
#include "tensor/pool.h"
#include "tests/support/threads.h"

namespace {

std::size_t calls = 0;  // this test runs one thread

}  // namespace

// All calls of new of this program come here. Sanitizers bring their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRADUS_COUNTS_NEW 1
void* operator new(std::size_t bytes) {
  ++calls;
  if (void* block = std::malloc(bytes)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

namespace gradus::testing {
namespace {

template <class F>
void expect_no_malloc(F&& step) {
#ifndef GRADUS_COUNTS_NEW
  GTEST_SKIP() << "operator new belongs to the sanitizer";
#endif
  const WithThreads one(1);
  for (int i = 0; i < 10; ++i) step();
  const std::size_t before = calls;
  const std::int64_t system = pool_statistics().system_calls;
  for (int i = 0; i < 100; ++i) step();
  EXPECT_EQ(calls - before, 0u);
  EXPECT_EQ(pool_statistics().system_calls - system, 0);
}

TEST(Allocations, AreCounted) {
  const std::size_t before = calls;
  const auto one = std::make_unique<std::string>(100, 'x');
#ifdef GRADUS_COUNTS_NEW
  EXPECT_EQ(calls - before, 2u);
#endif
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
  expect_no_malloc([&] {
    sgd.zero_grad();
    const Variable y = linear(relu(linear(x, w1, b1)), w2, b2);
    mean(square(y - target)).backward();
    sgd.step();
  });
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
  const Variable x = parameter(ones({10, 10}));
  const std::int64_t before = pool_statistics().requests;
  const Variable y = tanh(x);
  EXPECT_LE(pool_statistics().requests - before, 2);
}

}  // namespace
}  // namespace gradus::testing
