// Bugs planted in kernels (planted.cc) are found: by value or by the emulated device in a plain
// build, by AddressSanitizer and UndefinedBehaviorSanitizer, by ThreadSanitizer; and the same
// kernels without the bugs are found right by all of them. In all three schedules.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace {

const std::vector<std::string> kSchedules = {"ascending", "descending", "seeded:1"};

// The line of planted.cc that is marked so.
std::string line_of(const std::string& mark) {
  std::ifstream in("tests/simt/planted.cc");
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    if (text.ends_with("// bug: " + mark)) return "planted.cc:" + std::to_string(line);
  }
  return "no line is marked with " + mark;
}

// What the program prints, with what the sanitizers report.
std::string run(const std::string& program, const std::string& name, const std::string& schedule) {
  const std::string command =
      "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0 "
      "UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1 timeout 60 tests/simt/" +
      program + " " + name + " " + schedule + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), n);
  }
  pclose(pipe);
  return text;
}

bool is_sanitized_build() {
#if defined(GRADUS_SANITIZED)
  return true;
#else
  return false;
#endif
}
#define SKIP_IF_SANITIZED()                                                                  \
  if (is_sanitized_build()) {                                                                \
    GTEST_SKIP() << "SKIPPED: the programs have sanitizers of their own; see default build"; \
  }

void expect_report(const std::string& program, const std::string& name, const std::string& headline,
                   const std::vector<std::string>& marks) {
  for (const std::string& schedule : kSchedules) {
    const std::string text = run(program, name, schedule);
    EXPECT_TRUE(std::regex_search(text, std::regex(headline))) << name << ", " << schedule << ":\n"
                                                               << text;
    for (const std::string& mark : marks) {
      EXPECT_NE(text.find(line_of(mark)), std::string::npos)
          << name << ", " << schedule << ": expected " << line_of(mark) << "\n"
          << text;
    }
  }
}

int wrong_results(const std::string& name) {
  int wrong = 0;
  for (const std::string& schedule : kSchedules)
    wrong += run("planted", name, schedule) == "wrong\n";
  return wrong;
}

TEST(RightKernels, AreRightInAllSchedules) { EXPECT_EQ(run("planted", "right", ""), "42 right\n"); }

TEST(RightKernels, AreCleanUnderAsanAndUbsan) {
  SKIP_IF_SANITIZED();
  EXPECT_EQ(run("planted_asan", "right", ""), "42 right\n");
}

TEST(RightKernels, AreCleanUnderTsan) {
  SKIP_IF_SANITIZED();
  EXPECT_EQ(run("planted_tsan", "right", ""), "42 right\n");
}

TEST(Races, MostMissingBarriersShowInTheResult) {
  SKIP_IF_SANITIZED();
  EXPECT_GE(wrong_results("block_sum_bug"), 2);
  EXPECT_EQ(wrong_results("matmul_first_bug"), 3);
  EXPECT_EQ(wrong_results("matmul_second_bug"), 3);
  EXPECT_GE(wrong_results("shift_bug"), 2);
  EXPECT_GE(wrong_results("within_warp_bug"), 2);
}

TEST(Races, OfUpdatesWithoutAtomicsAreInvisibleInTheResult) {
  SKIP_IF_SANITIZED();
  EXPECT_EQ(wrong_results("count_bug"), 0);
  EXPECT_EQ(wrong_results("add_blocks_bug"), 0);
}

TEST(Races, AreReportedByTsanWithBothLines) {
  SKIP_IF_SANITIZED();
  const std::string race = "WARNING: ThreadSanitizer: data race";
  expect_report("planted_tsan", "block_sum_bug", race, {"block_sum"});
  expect_report("planted_tsan", "matmul_first_bug", race, {"read_tile"});
  expect_report("planted_tsan", "matmul_second_bug", race, {"read_tile"});
  expect_report("planted_tsan", "shift_bug", race, {"shift_write", "shift_read"});
  expect_report("planted_tsan", "count_bug", race, {"count"});
  expect_report("planted_tsan", "add_blocks_bug", race, {"add_blocks"});
  expect_report("planted_tsan", "within_warp_bug", race, {"within_warp"});
}

TEST(Bounds, WritesOutsideAreReportedWithoutSanitizers) {
  SKIP_IF_SANITIZED();
  for (const std::string name : {"behind_bug", "before_bug"}) {
    expect_report("planted", name,
                  "^error: \\[scale<bug>\\] argument 3: bytes around its 400 were written", {});
  }
  expect_report("planted", "static_array_bug",
                "^error: \\[static_array<kIndex>\\] shared memory: bytes around values, .*"
                "planted.cc:[0-9]+, were written in block \\(0, 0, 0\\)",
                {});
  expect_report("planted", "dynamic_array_bug",
                "shared memory: bytes around dynamic shared memory, .*were written", {});
}

TEST(Bounds, AreReportedBySanitizersWithTheLine) {
  SKIP_IF_SANITIZED();
  const std::string heap = "AddressSanitizer: heap-buffer-overflow";
  expect_report("planted_asan", "behind_bug", heap, {"scale"});
  expect_report("planted_asan", "before_bug", heap, {"scale"});
  expect_report("planted_asan", "dynamic_array_bug", heap, {"dynamic_array"});
  expect_report("planted_asan", "static_array_bug", "runtime error: index 64 out of bounds",
                {"static_array"});
  expect_report("planted_asan", "edge_bug", heap, {});
  EXPECT_EQ(wrong_results("edge_bug"), 3);  // NaN from behind the matrix
}

TEST(Alignment, OfVectorsIsCheckedByUbsanAndByAligned) {
  SKIP_IF_SANITIZED();
  expect_report("planted_asan", "vectors_bug", "runtime error: .*misaligned address", {"vectors"});
  expect_report("planted", "checked_vectors_bug",
                "^error: \\[checked_vectors<kIndex>\\] an address is not aligned",
                {"checked_vectors"});
}

TEST(Divergence, NamesBothLinesInEveryBuild) {
  for (const std::string program : {"planted", "planted_asan", "planted_tsan"}) {
    expect_report(program, "diverge_bug", "^error: \\[diverge<kFirstBarrier>\\] __syncthreads: ",
                  {"diverge_first", "diverge_second"});
    expect_report(program, "half_warp_bug",
                  "threads wait for each other for ever: .*__syncthreads.*__shfl_down_sync.*"
                  "for lanes 0..31",
                  {"half_warp", "half_warp_barrier"});
  }
}

TEST(Memory, HostPointersAndUnsetElementsAreFoundInEveryBuild) {
  for (const std::string program : {"planted", "planted_asan", "planted_tsan"}) {
    expect_report(program, "host_pointer_bug",
                  "^error: \\[shift<kNone>\\] argument 2: 0x[0-9a-f]+ is no device memory", {});
    expect_report(program, "unset_bug", "^wrong\n$", {});
  }
}

TEST(Memory, ThatIsNeverReleasedIsReportedByAsan) {
  SKIP_IF_SANITIZED();
  expect_report("planted_asan", "leak_bug", "LeakSanitizer: detected memory leaks", {"leak"});
}

}  // namespace
