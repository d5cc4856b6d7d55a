// Steps of small models call malloc only for rules that are written with tensors.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <set>

#include "optim/optimizer.h"
#include "tests/support/threads.h"

namespace {
std::size_t calls = 0;
}  // namespace

// Not inlined, since gcc then takes malloc and delete for a mismatched pair; sanitizers bring their
// own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRADUS_COUNTS_NEW
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++calls;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace gradus::testing {
namespace {

using namespace gradus::optim;

TEST(Allocations, AStepOfElementAndScaledRulesCallsNoMalloc) {
#ifndef GRADUS_COUNTS_NEW
  GTEST_SKIP() << "operator new belongs to the sanitizer";
#endif
  const WithThreads one(1);
  const std::set<std::string> scaled = {"LAMB", "LARS", "StableAdamW"};
  for (const std::string& rule : rule_names()) {
    NamedParameters parameters;
    for (int i = 0; i < 10; ++i) {
      const Variable x = parameter(full({10, 10}, 0.5));
      x.set_grad(full({10, 10}, 0.1 + i));
      parameters.emplace_back(std::to_string(i), x);
    }
    const auto optimizer = make_optimizer(rule, parameters);
    if (!optimizer->is_elementwise() && !scaled.contains(rule)) continue;
    for (int i = 0; i < 3; ++i) optimizer->step();
    const std::size_t before = calls;
    for (int i = 0; i < 20; ++i) optimizer->step();
    EXPECT_EQ(calls - before, 0u) << rule;
  }
}

}  // namespace
}  // namespace gradus::testing
