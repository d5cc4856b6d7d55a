#include "tensor/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "autograd/variable.h"
#include "nn/linear.h"
#include "tensor/elementwise_all.h"
#include "tensor/matmul.h"
#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

#if __has_include(<backtrace.h>)
constexpr bool kKnowsLines = true;
#else
constexpr bool kKnowsLines = false;
#endif

std::string here(int line) { return "tests/tensor/memory_test.cc:" + std::to_string(line); }

std::int64_t bytes_at(const MemoryReport& report, const std::string& line) {
  for (const TracedLine& l : report.lines) {
    if (l.line == line) return l.bytes;
  }
  return 0;
}

TEST(Memory, CountsBytesAllocationsAndLiveTensors) {
  const MemoryStats before = memory_stats();
  {
    const Tensor x = Tensor::empty({100}), y = Tensor::empty({3, 7}, kFloat64);
    const Tensor view = x.slice(0, {0, 10}), copy = y;
    const MemoryStats now = memory_stats();
    EXPECT_EQ(now.current_bytes - before.current_bytes, 400 + 168);
    EXPECT_EQ(now.live - before.live, 2);
    EXPECT_EQ(now.allocations - before.allocations, 2);
  }
  const MemoryStats after = memory_stats();
  EXPECT_EQ(after.current_bytes, before.current_bytes);
  EXPECT_EQ(after.live, before.live);
  EXPECT_EQ(after.allocations - before.allocations, 2);
}

TEST(Memory, ThePeakIsExactOnOneThread) {
  reset_peak_memory();
  const std::int64_t start = memory_stats().current_bytes;
  EXPECT_EQ(memory_stats().peak_bytes, start);
  // Below, at and far above the 64 KiB after which a thread hands its bytes on.
  for (std::int64_t n : {1, 1000, 16384, 16385, 20000, 1000000}) {
    reset_peak_memory();
    {
      const Tensor a = Tensor::empty({n});
      { const Tensor b = Tensor::empty({2 * n}); }
      const Tensor c = Tensor::empty({n});
      EXPECT_EQ(memory_stats().peak_bytes, start + 12 * n) << n;
    }
    EXPECT_EQ(memory_stats().current_bytes, start);
    EXPECT_EQ(memory_stats().peak_bytes, start + 12 * n) << n;
    reset_peak_memory();
    EXPECT_EQ(memory_stats().peak_bytes, start) << n;
  }
}

TEST(Memory, ManySmallTensorsAddUpToThePeak) {
  reset_peak_memory();
  const std::int64_t start = memory_stats().current_bytes;
  {
    std::vector<Tensor> all;
    for (int i = 0; i < 1000; ++i) all.push_back(Tensor::empty({100}));
    while (all.size() > 500) all.pop_back();
    for (int i = 0; i < 100; ++i) all.push_back(Tensor::empty({100}));
    EXPECT_EQ(memory_stats().current_bytes - start, 600 * 400);
  }
  EXPECT_EQ(memory_stats().peak_bytes - start, 1000 * 400);
}

TEST(Memory, CountsTensorsThatMoveBetweenThreadsAndOutliveThem) {
  const MemoryStats before = memory_stats();
  Tensor kept;
  std::atomic<int> step{0};
  std::thread other([&] {
    kept = Tensor::empty({250});
    step = 1;
    while (step != 2) std::this_thread::yield();
    kept = Tensor();
    const Tensor brief = Tensor::empty({1 << 20});
  });
  while (step != 1) std::this_thread::yield();
  EXPECT_EQ(memory_stats().current_bytes - before.current_bytes, 1000);
  const Tensor mine = kept;
  step = 2;
  other.join();
  const MemoryStats after = memory_stats();
  EXPECT_EQ(after.current_bytes - before.current_bytes, 1000);
  EXPECT_EQ(after.live - before.live, 1);
  EXPECT_EQ(after.allocations - before.allocations, 2);
  EXPECT_GE(after.peak_bytes, before.current_bytes + (4 << 20));
}

TEST(Memory, CountersOfManyThreadsAddUp) {
  const MemoryStats before = memory_stats();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      const MemoryTrace trace;
      std::vector<Tensor> all;
      for (int i = 0; i < 200; ++i) {
        all.push_back(Tensor::empty({(i * 37 + t) % 5000}));
        if (i % 3 == 0) all.erase(all.begin());
        if (i % 50 == 0) (void)memory_report();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  const MemoryStats after = memory_stats();
  EXPECT_EQ(after.current_bytes, before.current_bytes);
  EXPECT_EQ(after.live, before.live);
  EXPECT_EQ(after.allocations - before.allocations, 8 * 200);
}

TEST(MemoryTrace, NamesTheLineOfTheProgram) {
  const MemoryTrace trace;
  const Tensor x = zeros({1000, 3});
  const int x_line = __LINE__ - 1;
  // The line of the program, not that of the operator in Gradus that makes the result.
  const Tensor y = matmul(x.transpose(), x) + 1.0;
  const int y_line = __LINE__ - 1;
  const MemoryReport report = memory_report();
  ASSERT_GE(report.largest.size(), 2u);
  EXPECT_EQ(report.largest[0].bytes, 12000);
  EXPECT_EQ(report.largest[0].shape, (Shape{1000, 3}));
  EXPECT_EQ(report.largest[0].dtype, kFloat32);
  if (!kKnowsLines) GTEST_SKIP() << report.note;
  EXPECT_EQ(report.note, "");
  EXPECT_EQ(report.largest[0].line, here(x_line));
  EXPECT_EQ(report.largest[1].line, here(y_line));
  EXPECT_EQ(bytes_at(report, here(y_line)), 36);
}

TEST(MemoryTrace, NamesTheLineThatCalledALayer) {
  if (!kKnowsLines) GTEST_SKIP() << "no libbacktrace";
  const MemoryTrace trace;
  Generator rng(1);
  nn::Linear layer(30, 20, rng);
  const int layer_line = __LINE__ - 1;
  const Variable y = layer(ones({50, 30}));
  const int y_line = __LINE__ - 1;
  const MemoryReport report = memory_report();
  EXPECT_EQ(bytes_at(report, here(layer_line)), 4 * (30 * 20 + 20));
  EXPECT_GE(bytes_at(report, here(y_line)), 4 * 50 * 20);
}

TEST(MemoryTrace, GroupsByLineAndForgetsWhatIsFreed) {
  const MemoryTrace trace;
  std::vector<Tensor> list;
  for (int i = 1; i <= 4; ++i) list.push_back(Tensor::empty({100 * i}));
  const int line = __LINE__ - 1;
  list.pop_back();
  const MemoryReport report = memory_report(2);
  ASSERT_EQ(report.lines.size(), 1u);
  EXPECT_EQ(report.lines[0].bytes, 4 * 600);
  EXPECT_EQ(report.lines[0].count, 3);
  EXPECT_EQ(report.lines[0].line, kKnowsLines ? here(line) : "");
  ASSERT_EQ(report.largest.size(), 2u);
  EXPECT_EQ(report.largest[0].bytes, 1200);
  EXPECT_EQ(report.largest[1].bytes, 800);
}

TEST(MemoryTrace, KeepsWhatItNotedUntilTheTensorDies) {
  Tensor before = Tensor::empty({10}), x;
  {
    const MemoryTrace trace;
    x = Tensor::empty({20});
  }
  const Tensor after = Tensor::empty({30});
  MemoryReport report = memory_report();
  ASSERT_EQ(report.largest.size(), 1u);
  EXPECT_EQ(report.largest[0].bytes, 80);
  x = Tensor();
  report = memory_report();
  EXPECT_TRUE(report.largest.empty());
  if (kKnowsLines) {
    EXPECT_EQ(report.note, "lines are noted while a MemoryTrace lives");
  }
}

TEST(MemoryReports, ArePrintedAsATable) {
  const MemoryReport report{
      .stats = {.current_bytes = 3 << 20, .peak_bytes = 5 << 20, .allocations = 7, .live = 2},
      .largest = {{2 << 20, {1024, 512}, kFloat32, "a.cc:3"}, {1 << 20, {1 << 20}, kBool, ""}},
      .lines = {{"a.cc:3", 2 << 20, 1}, {"", 1 << 20, 1}},
      .note = "unknown lines: compile the program with -g1"};
  EXPECT_EQ(to_string(report),
            "memory: 3.0 MiB in 2 tensors, at most 5.0 MiB, 7 allocations\n"
            "by line:\n"
            "     2.0 MiB       1  a.cc:3\n"
            "     1.0 MiB       1  unknown line\n"
            "largest:\n"
            "     2.0 MiB  float32 [1024, 512]  a.cc:3\n"
            "     1.0 MiB  bool [1048576]  unknown line\n"
            "note: unknown lines: compile the program with -g1\n");
}

TEST(MemoryReports, WriteBytesInUnits) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::int64_t{3} << 40), "3.0 TiB");
  EXPECT_EQ(bytes_text(INT64_MAX), "8.0 EiB");
}

// 2^50 elements are a valid number, but more than a process can address.
constexpr std::int64_t kTooMany = std::int64_t{1} << 50;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end the program instead
TEST(ExhaustedMemory, IsAnErrorThatSaysHowMuchIsInUse) {
  const MemoryStats before = memory_stats();
  expect_throws_text<DeviceError>(
      [] { Tensor::empty({kTooMany}); },
      "[empty] cpu: out of memory for 4503599627370496 bytes, shape [1125899906842624] of "
      "float32; " +
          bytes_text(before.current_bytes) + " are in use by " + std::to_string(before.live) +
          " tensors; a MemoryTrace shows which lines made them; free tensors or use smaller ones");
  EXPECT_EQ(memory_stats().current_bytes, before.current_bytes);
  EXPECT_EQ(memory_stats().allocations, before.allocations);
  EXPECT_EQ((ones({3}) + 1.0).to_vector(), std::vector<double>(3, 2));  // the program goes on
}

TEST(ExhaustedMemory, NamesTheLargestTracedTensors) {
  const MemoryTrace trace;
  const Tensor small = Tensor::empty({1024}), large = Tensor::empty({2048, 2});
  const std::string line = kKnowsLines ? here(__LINE__ - 1) : "unknown line";
  const MemoryStats now = memory_stats();
  expect_throws_text<DeviceError>(
      [] {
        zeros({kTooMany, 2}, kFloat64);
      },
      "[empty] cpu: out of memory for 18014398509481984 bytes, shape [1125899906842624, 2] of "
      "float64; " +
          bytes_text(now.current_bytes) + " are in use by " + std::to_string(now.live) +
          " tensors; the largest: 16.0 KiB made at " + line + ", 4.0 KiB made at " + line +
          "; free tensors or use smaller ones");
}

TEST(ExhaustedMemoryDeathTest, UnderALimitOfTheSystemTheProgramGoesOn) {
  const auto allocate_until_refused = [] {
    const rlimit limit{std::size_t{1} << 30, std::size_t{1} << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) std::exit(2);
    std::vector<Tensor> all;
    try {
      while (true) all.push_back(ones({1 << 24}));
    } catch (const DeviceError&) {
    }
    if (all.empty() || all.size() > 16) std::exit(3);
    all.clear();
    std::exit(ones({1 << 24}).at({5}) == 1 ? 0 : 4);
  };
  EXPECT_EXIT(allocate_until_refused(), ::testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace gradus::testing
