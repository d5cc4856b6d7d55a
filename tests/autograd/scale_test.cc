// A chain, a sum and a lattice of a million cells on a stack of one MiB: right numbers of first and
// second order, everything freed, and how much memory a recorded operation takes.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <iostream>

#include "autograd/ops_all.h"
#include "tensor/elementwise_all.h"
#include "tensor/memory.h"
#include "tests/support/compare.h"

namespace gradus::testing {
namespace {

constexpr int kMillion = 1'000'000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSeesMalloc = false;
#else
constexpr bool kSeesMalloc = true;
#endif

// A line of /proc/self/status in bytes: what of the program is in memory now (VmRSS), and the most
// since the last call of forget_peak (VmHWM). 0 where there is no such file.
std::int64_t status(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

// What the program holds of the system, in bytes.
std::int64_t held() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<std::int64_t>(info.uordblks + info.hblkhd);
}

class Scale : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
    limit.rlim_cur = 1 << 20;
    ASSERT_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
  }
  void SetUp() override {
    malloc_trim(0);
    forget_peak();
    malloc_before_ = held();
    resident_before_ = status("VmRSS");
    tensors_before_ = memory_stats();
  }
  // Reports the memory of now per recorded operation.
  void report(const std::string& stage, std::int64_t operations, double at_most) {
    if (!kSeesMalloc) return;
    const double each = static_cast<double>(held() - malloc_before_) / operations;
    const double elements =
        static_cast<double>(memory_stats().current_bytes - tensors_before_.current_bytes) /
        operations;
    std::cout << "[   memory ] " << stage << ": " << each << " bytes per operation, of which "
              << elements << " are elements\n";
    RecordProperty(stage, std::to_string(each));
    EXPECT_LE(each, at_most) << stage;
  }
  // Reports the most memory that was in use since the test began, likewise.
  void report_peak(std::int64_t operations, double at_most) {
    if (!kSeesMalloc || resident_before_ == 0) return;
    const double each = static_cast<double>(status("VmHWM") - resident_before_) / operations;
    std::cout << "[   memory ] peak: " << each << " bytes per operation\n";
    RecordProperty("peak", std::to_string(each));
    EXPECT_LE(each, at_most);
  }
  // All elements are gone, and the blocks too but for those that the pool keeps for reuse: 32 MiB
  // of each size.
  void TearDown() override {
    EXPECT_EQ(memory_stats().current_bytes, tensors_before_.current_bytes);
    EXPECT_EQ(memory_stats().live, tensors_before_.live);
    EXPECT_LE(held() - malloc_before_, std::int64_t{200} << 20);
  }

 private:
  std::int64_t malloc_before_ = 0, resident_before_ = 0;
  MemoryStats tensors_before_;
};

TEST_F(Scale, ChainOfAMillion) {
  const Variable x = parameter(Tensor(0.5));
  Variable y = x;
  for (int i = 0; i < kMillion; ++i) y = tanh(y);
  report("chain_built", kMillion, 700);
  // y_n ~ 1 / sqrt(2 n / 3) whatever x is; derivatives by the same recursion in double.
  double value = 0.5, first = 1, second = 0;
  for (int i = 0; i < kMillion; ++i) {
    value = std::tanh(value);
    const double slope = 1 - value * value;
    second = slope * second - 2 * value * slope * first * first;
    first *= slope;
  }
  EXPECT_NEAR(y.item(), value, 1e-10);
  const Variable g = grad(y, x, {.create_graph = true});
  report("chain_with_recorded_backward", kMillion, 3000);
  // Each of a million steps rounds.
  EXPECT_NEAR(g.item(), first, 1e-8 * std::fabs(first));
  EXPECT_NEAR(grad(g, x, {.retain_graph = true}).item(), second, 1e-8 * std::fabs(second));
  y.backward();
  EXPECT_NEAR(x.grad().item(), first, 1e-8 * std::fabs(first));
  report_peak(kMillion, 4200);
}

TEST_F(Scale, SumOfAMillionLeaves) {
  std::vector<Variable> leaves;
  leaves.reserve(kMillion);
  Variable total = Tensor(0.0);
  for (int i = 0; i < kMillion; ++i) {
    leaves.push_back(parameter(Tensor(1.0)));
    total = total + leaves.back();
  }
  report("sum_built", kMillion, 1500);  // a leaf and an addition each
  EXPECT_EQ(total.item(), kMillion);
  const Variable square_of_sum = total * total;
  const std::vector<Variable> g =
      grad(std::span(&square_of_sum, 1), leaves, {}, {.create_graph = true});
  for (const Variable& each : {g.front(), g[kMillion / 2], g.back()}) {
    EXPECT_EQ(each.item(), 2.0 * kMillion);
  }
  for (const int i : {0, kMillion - 1}) {
    EXPECT_EQ(grad(g[1], leaves[i], {.retain_graph = true}).item(), 2);
  }
  square_of_sum.backward();
  for (const Variable& leaf : leaves) ASSERT_EQ(leaf.grad().item(), 2.0 * kMillion);
  report_peak(kMillion, 1300);
}

TEST_F(Scale, LatticeOfThousandByThousand) {
  constexpr int kSide = 1000;
  // Each cell is a mean of its left and upper neighbour; left of all is a, above all is b.
  const Variable a = parameter(Tensor(2.0)), b = parameter(Tensor(3.0));
  const Tensor weight = 0.25;
  Variable corner;
  std::vector<double> share(kSide, 0.0);  // of a in the cells of a row; above all it is 0
  {
    std::vector<Variable> row(kSide, b);
    for (int i = 0; i < kSide; ++i) {
      Variable left = a;
      double left_share = 1;
      for (int j = 0; j < kSide; ++j) {
        row[j] = left = lerp(left, row[j], weight);
        share[j] = left_share = 0.75 * left_share + 0.25 * share[j];
      }
    }
    corner = row.back();
  }
  report("lattice_built", kSide * kSide, 1000);
  const double p = share.back();
  // Rounding of 2000 steps.
  EXPECT_NEAR(corner.item(), 2 * p + 3 * (1 - p), 1e-12);
  const Variable y = square(corner);
  const Variable g = grad(y, a, {.create_graph = true});
  report("lattice_with_recorded_backward", kSide * kSide, 4000);
  EXPECT_NEAR(g.item(), 2 * corner.item() * p, 1e-11);
  EXPECT_NEAR(grad(g, b, {.retain_graph = true}).item(), 2 * p * (1 - p), 1e-12);
  y.backward();
  EXPECT_NEAR(b.grad().item(), 2 * corner.item() * (1 - p), 1e-11);
  report_peak(kSide * kSide, 3700);
}

TEST_F(Scale, DroppingHalfOfAGraphFreesExactlyThatHalf) {
  const Variable x = parameter(ones({10}));
  const auto grow = [](Variable y, int n) {
    for (int i = 0; i < n; ++i) y = exp(sin(y));
    return y;
  };
  const Variable trunk = grow(x, 1000);
  const MemoryStats with_trunk = memory_stats();
  Variable kept = grow(trunk, 1000);
  const MemoryStats with_one = memory_stats();
  Variable dropped = grow(trunk, 1000);
  const MemoryStats with_both = memory_stats();
  EXPECT_EQ(with_one.live - with_trunk.live, 1000)
      << "sin and exp both read the result of exp, nobody that of sin";
  EXPECT_EQ(with_both.current_bytes - with_one.current_bytes,
            with_one.current_bytes - with_trunk.current_bytes);
  dropped = Variable();
  EXPECT_EQ(memory_stats().current_bytes, with_one.current_bytes);
  EXPECT_EQ(memory_stats().live, with_one.live);
  kept = Variable();
  EXPECT_EQ(memory_stats().live, with_trunk.live);
}

TEST_F(Scale, AMillionStepsForwardHoldNoMoreThanOne) {
  const Variable w = parameter(tensor({0.5, 0.25}));
  Variable state = tensor({1, 2});
  const NoGradGuard no_grad;
  state = tanh(state * w + 1);
  const MemoryStats before = memory_stats();
  reset_peak_memory();
  for (int i = 0; i < kMillion; ++i) state = tanh(state * w + 1);
  EXPECT_EQ(memory_stats().live, before.live);
  EXPECT_EQ(memory_stats().current_bytes, before.current_bytes);
  EXPECT_LE(memory_stats().peak_bytes, before.current_bytes + 100);
}

}  // namespace
}  // namespace gradus::testing
