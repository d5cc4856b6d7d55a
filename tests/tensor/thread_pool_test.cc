#include "tensor/thread_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/compare.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

TEST(ParallelFor, RunsEveryPieceOnce) {
  for (int n : {1, 2, 7}) {
    const WithThreads threads(n);
    for (std::int64_t pieces : {0, 1, 2, 3, 100, 10000}) {
      std::vector<std::atomic<int>> count(pieces);
      parallel_for(pieces, [&](std::int64_t piece) { ++count[piece]; });
      for (const auto& c : count) ASSERT_EQ(c, 1);
    }
  }
}

TEST(ParallelFor, UsesTheThreadsItWasGiven) {
  const WithThreads threads(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> arrived{0};
  // Each piece waits for the others, so that no thread can take two.
  parallel_for(3, [&](std::int64_t) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(ids.contains(std::this_thread::get_id())) << "the caller works too";
}

TEST(ParallelFor, ThrowsTheErrorOfTheLowestPiece) {
  for (int n : {1, 2, 7}) {
    const WithThreads threads(n);
    for (int round = 0; round < 50; ++round) {
      try {
        parallel_for(100, [](std::int64_t piece) {
          if (piece % 10 == 3) throw std::runtime_error(std::to_string(piece));
        });
        FAIL() << "nothing was thrown";
      } catch (const std::runtime_error& error) {
        ASSERT_EQ(std::string(error.what()), "3");
      }
    }
    // The pool is as good as new.
    std::atomic<int> count{0};
    parallel_for(20, [&](std::int64_t) { ++count; });
    EXPECT_EQ(count, 20);
  }
}

TEST(ParallelFor, InsideAPieceStaysOnItsThread) {
  const WithThreads threads(4);
  std::atomic<int> count{0}, elsewhere{0};
  parallel_for(8, [&](std::int64_t) {
    const auto here = std::this_thread::get_id();
    parallel_for(10, [&](std::int64_t) {
      ++count;
      if (std::this_thread::get_id() != here) ++elsewhere;
    });
  });
  EXPECT_EQ(count, 80);
  EXPECT_EQ(elsewhere, 0);
}

TEST(ParallelFor, FromSeveralThreadsOfTheProgramWorks) {
  const WithThreads threads(3);
  std::atomic<int> count{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) parallel_for(20, [&](std::int64_t) { ++count; });
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(count, 4 * 100 * 20);
}

TEST(ParallelPieces, CoverTheRangeInPiecesOfFixedSize) {
  for (std::int64_t n :
       {std::int64_t{0}, std::int64_t{1}, kPieceSize, kPieceSize + 1, 5 * kPieceSize - 7}) {
    std::vector<std::pair<std::int64_t, std::int64_t>> one, seven;
    std::mutex mutex;
    const auto collect = [&](auto& into) {
      parallel_pieces(n, [&](std::int64_t begin, std::int64_t end) {
        const std::lock_guard lock(mutex);
        into.push_back({begin, end});
      });
      std::sort(into.begin(), into.end());
    };
    {
      const WithThreads threads(1);
      collect(one);
    }
    {
      const WithThreads threads(7);
      collect(seven);
    }
    EXPECT_EQ(one, seven) << "pieces depend on the number of threads";
    std::int64_t at = 0;
    for (const auto& [begin, end] : one) {
      EXPECT_EQ(begin, at);
      at = end;
    }
    EXPECT_EQ(at, n);
  }
}

TEST(SetNumThreads, RejectsWhatIsNoNumberOfThreads) {
  const int before = num_threads();
  for (int n : {0, -1, 1025}) {
    expect_throws_text<ConfigError>(
        [&] { set_num_threads(n); },
        "[set_num_threads] n: " + std::to_string(n) + "; expected 1..1024");
  }
  EXPECT_EQ(num_threads(), before);
}

TEST(SetNumThreads, IsRefusedInsideParallelWork) {
  const WithThreads threads(2);
  expect_throws_text<ConfigError>(
      [] { parallel_for(4, [](std::int64_t) { set_num_threads(3); }); },
      "[set_num_threads] n: 3 asked for inside parallel work; expected a call from outside");
  EXPECT_EQ(num_threads(), 2);
}

}  // namespace
}  // namespace gradus::testing
