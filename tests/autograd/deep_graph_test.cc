// Graphs of a million operations on a stack of one MiB: nothing on the tape may recurse.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tensor/pool.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

constexpr int kMillion = 1'000'000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepsBlocks = false;
#else
constexpr bool kKeepsBlocks = true;
#endif

class DeepGraph : public ::testing::Test {
 protected:
  // The kernel looks at this limit whenever the stack of the main thread grows.
  static void SetUpTestSuite() {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
    limit.rlim_cur = 1 << 20;
    ASSERT_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
  }
};

TEST_F(DeepGraph, OfAMillionOpsIsBuiltDifferentiatedTwiceAndFreed) {
  const Variable x = parameter(Tensor(1.0));
  Variable y = x;
  for (int i = 0; i < kMillion / 2; ++i) y = log(exp(y));
  const Variable g = grad(y, x, {.create_graph = true});
  // Each of the million steps is within a few rounding errors of the identity.
  EXPECT_NEAR(g.item(), 1, kMillion * 1e-15);
  EXPECT_NEAR(grad(g, x, {.retain_graph = true}).item(), 0, kMillion * 1e-14);
  y.backward();
  EXPECT_NEAR(x.grad().item(), 1, kMillion * 1e-15);
}

TEST_F(DeepGraph, OfAMillionOpsIsFreedWithoutBackward) {
  const Variable x = parameter(Tensor(1.0));
  const Tensor value = x.value();
  {
    Variable y = x;
    for (int i = 0; i < kMillion; ++i) y = -y;
    EXPECT_EQ(y.item(), 1);
  }
}

TEST_F(DeepGraph, WithAMillionLeavesGivesEachItsGradient) {
  std::vector<Variable> leaves;
  leaves.reserve(kMillion);
  Variable total = Tensor(0.f);
  for (int i = 0; i < kMillion; ++i) {
    leaves.push_back(parameter(Tensor(1.f)));
    total = total + leaves.back();
  }
  EXPECT_EQ(total.item(), kMillion);
  total.backward();
  for (const Variable& leaf : leaves) ASSERT_EQ(leaf.grad().item(), 1);
}

TEST_F(DeepGraph, FreesTheHalfThatIsDropped) {
  const Variable x = parameter(Tensor(1.0));
  Variable trunk = x;
  for (int i = 0; i < 1000; ++i) trunk = exp(log(trunk));
  const Tensor in_trunk = trunk.value();
  Variable kept = trunk, dropped = trunk;
  trunk = Variable();
  Tensor in_dropped;
  for (int i = 0; i < 1000; ++i) {
    kept = exp(log(kept));
    dropped = exp(log(dropped));
    if (i == 500) in_dropped = dropped.value();
  }
  EXPECT_FALSE(in_dropped.owns_storage_alone());
  dropped = Variable();
  EXPECT_TRUE(in_dropped.owns_storage_alone());
  EXPECT_FALSE(in_trunk.owns_storage_alone());
  kept.backward();
  EXPECT_NEAR(x.grad().item(), 1, 1e-11);
  EXPECT_TRUE(in_trunk.owns_storage_alone());
}

// Runs step `warm_up` times, then 100000 times more, and expects no new memory in the latter.
template <class F>
void expect_steady(F&& step) {
  const WithThreads one(1);
  for (int i = 0; i < 10; ++i) step();
  const PoolStatistics before = pool_statistics();
  for (int i = 0; i < 100'000; ++i) step();
  const PoolStatistics after = pool_statistics();
  EXPECT_GE(after.requests - before.requests, 100'000);
  if (kKeepsBlocks) {
    EXPECT_EQ(after.system_calls, before.system_calls);
  }
}

TEST_F(DeepGraph, ForwardOnlyLoopsDoNotGrow) {
  const Variable w = parameter(tensor({0.5, 0.25}));
  Variable state = tensor({1, 2});
  const NoGradGuard no_grad;
  expect_steady([&] { state = tanh(state * w + 1); });
  Variable constant = tensor({1, 2});
  const EnableGradGuard enabled;
  expect_steady([&] { constant = tanh(constant * 0.5); });
}

TEST_F(DeepGraph, TrainingLoopsDoNotGrow) {
  const Variable w = parameter(tensor({0.5, 0.25}));
  expect_steady([&] {
    w.zero_grad();
    sum(square(tanh(w * 2) - 1)).backward();
    w.value().copy_from(w.value() - w.grad().value() * 0.1);
  });
}

}  // namespace
}  // namespace gradus::testing
