// What threads may do at the same time; ThreadSanitizer looks at this file (--config=tsan).
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "autograd/checkpoint.h"
#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tensor/random.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

// Builds, differentiates twice and drops graphs over leaves of its own.
std::vector<double> train(std::uint64_t seed, const Tensor& shared) {
  Generator random(seed);
  const Variable w = parameter(normal({8, 8}, 0, 0.3, random)),
                 b = parameter(normal({8}, 0, 1, random));
  for (int i = 0; i < 30; ++i) {
    w.zero_grad();
    const auto layer = [&](const Variable& x) { return tanh(matmul(x, w) + b); };
    const Variable y = checkpoint(layer, layer(shared));
    const Variable g = grad(sum(square(y)), b, {.create_graph = true});
    const HookHandle hook = w.register_hook([](const Variable& dw) { return dw * 0.5; });
    (sum(g * g) + sum(y)).backward();
    w.value().copy_from(w.value() - w.grad().value() * 0.01);
  }
  return w.value().to_vector();
}

TEST(Threads, BuildAndDifferentiateSeparateGraphsAtTheSameTime) {
  const Tensor shared = ones({4, 8});
  const std::vector<double> expected[] = {train(1, shared), train(2, shared)};
  std::vector<double> got[2];
  std::thread other([&] { got[1] = train(2, shared); });
  got[0] = train(1, shared);
  other.join();
  EXPECT_EQ(got[0], expected[0]);
  EXPECT_EQ(got[1], expected[1]);
}

TEST(Threads, MayReadOneVariableAndBuildGraphsFromIt) {
  Generator random(3);
  const Variable w = parameter(normal({8, 8}, 0, 1, random));
  const auto forward = [&] {
    double total = 0;
    for (int i = 0; i < 100; ++i) {
      const Variable copy = w;
      total += sum(tanh(matmul(copy, w))).item();  // recorded, and dropped
      total += w.detach().value().at({0, 0});
      const NoGradGuard no_grad;
      total += sum(w * 2).item();
    }
    return total;
  };
  const double expected = forward();
  double got[2];
  std::thread other([&] { got[1] = forward(); });
  got[0] = forward();
  other.join();
  EXPECT_EQ(got[0], expected);
  EXPECT_EQ(got[1], expected);
}

TEST(Threads, MayDifferentiateByInputsOfTheirOwnThroughASharedConstant) {
  Generator random(4);
  const Variable w = normal({8, 8}, 0, 1, random);  // requires no gradient
  const auto gradient = [&](double at) {
    const Variable x = parameter(full({2, 8}, at));
    std::vector<double> dx;
    for (int i = 0; i < 50; ++i) dx = grad(sum(square(matmul(x, w))), x).value().to_vector();
    return dx;
  };
  const auto one = gradient(1), two = gradient(2);
  std::vector<double> got[2];
  std::thread other([&] { got[1] = gradient(2); });
  got[0] = gradient(1);
  other.join();
  EXPECT_EQ(got[0], one);
  EXPECT_EQ(got[1], two);
}

// The last reader of the elements and the last edge to the node leave at about the same time.
TEST(Threads, MayLetGoOfASharedVariableAtTheSameTime) {
  for (int round = 0; round < 500; ++round) {
    Variable w = parameter(ones({4}));
    const Tensor elements = w.value();
    std::atomic<int> ready{0};
    const auto drop = [&ready](Variable mine) {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      mine = Variable();
    };
    std::thread other(drop, w + 1);  // whose backward reads no elements
    drop(std::move(w));
    other.join();
    ASSERT_TRUE(elements.owns_storage_alone());
  }
}

TEST(Threads, MayDropWhatAnotherOneHasBuilt) {
  Variable y = parameter(ones({2}));
  for (int i = 0; i < 1000; ++i) y = exp(-y);
  std::thread([y = std::move(y)]() mutable { y = Variable(); }).join();
}

}  // namespace
}  // namespace gradus::testing
