// Steps of small models call malloc only for rules that are written with tensors.
#include <gtest/gtest.h>

#include <set>

#include "optim/optimizer.h"
#include "tests/support/count_new.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

using namespace gradus::optim;

TEST(Allocations, AStepOfElementAndScaledRulesCallsNoMalloc) {
  GRADUS_NEEDS_COUNTED_NEW();
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
    const std::size_t before = calls_of_new;
    for (int i = 0; i < 20; ++i) optimizer->step();
    EXPECT_EQ(calls_of_new - before, 0u) << rule;
  }
}

}  // namespace
}  // namespace gradus::testing
