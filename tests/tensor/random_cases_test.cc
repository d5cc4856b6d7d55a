// 20,000 random calls, one seed each, against references that are loops over positions. A failure
// prints the operation, the seed and the operands; run(operation, seed) repeats it.
#include <gtest/gtest.h>

#include "tests/tensor/random_copies.h"
#include "tests/tensor/random_elementwise.h"
#include "tests/tensor/random_reductions.h"

namespace gradus::testing {
namespace {

constexpr std::uint64_t kSeed = 20000;
constexpr int kCases = 20000;

std::vector<Operation> operations() {
  std::vector<Operation> all;
  add_elementwise(all);
  add_reductions(all);
  add_moves(all);
  return all;
}

TEST(RandomCases, AreThoseOfPlainLoops) {
  const std::vector<Operation> all = operations();
  int failed = 0;
  for (int i = 0; i < kCases && failed < 20; ++i) {
    const std::string wrong = run(choose(all, kSeed + i), kSeed + i);
    if (wrong.empty()) continue;
    ++failed;
    ADD_FAILURE() << wrong;
  }
}

}  // namespace
}  // namespace gradus::testing
