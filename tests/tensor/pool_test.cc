#include "tensor/pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "tensor/elementwise_all.h"
#include "tensor/large_blocks.h"
#include "tensor/matmul.h"
#include "tensor/reduce.h"
#include "tests/support/threads.h"

namespace gradus::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepsBlocks = false;
#else
constexpr bool kKeepsBlocks = true;
#endif

std::int64_t system_calls() { return pool_statistics().system_calls; }

TEST(Pool, SmallResultsInALoopNeedNoMalloc) {
  const WithThreads one(1);
  const Tensor a = ones({10, 10}), b = full({10}, 0.5);
  const auto step = [&] { return sum(tanh(matmul(a, a.transpose()) * b + 1.0), 0); };
  step();
  const PoolStatistics before = pool_statistics();
  for (int i = 0; i < 1000; ++i) step();
  const PoolStatistics after = pool_statistics();
  EXPECT_GE(after.requests - before.requests, 5000);
  if (kKeepsBlocks) {
    EXPECT_EQ(after.system_calls - before.system_calls, 0);
  }
}

TEST(Pool, BlocksAreAlignedAndLargeEnough) {
  for (std::size_t bytes = 0; bytes < 5000; bytes += bytes < 300 ? 1 : 37) {
    void* block = pool_allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u) << bytes;
    std::memset(block, 7, bytes);
    pool_free(block, bytes);
  }
}

TEST(Pool, BlocksThatLiveAtTheSameTimeDoNotOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t bytes = 1; bytes < (std::size_t{3} << 20); bytes = bytes * 5 / 4 + 1) {
      auto* block = static_cast<unsigned char*>(pool_allocate(bytes));
      std::memset(block, static_cast<int>(blocks.size()), bytes);
      blocks.push_back({block, bytes});
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto [block, bytes] = blocks[i];
      for (std::size_t j = 0; j < bytes; ++j) ASSERT_EQ(block[j], static_cast<unsigned char>(i));
    }
    for (const auto& [block, bytes] : blocks) pool_free(block, bytes);
    blocks.clear();
  }
}

TEST(Pool, GivesAFreedBlockOutAgain) {
  if (!kKeepsBlocks) GTEST_SKIP() << "sanitizers see every free";
  void* block = pool_allocate(1000);
  pool_free(block, 1000);
  const auto before = system_calls();
  void* again = pool_allocate(1024);  // of the same size class
  EXPECT_EQ(again, block);
  EXPECT_EQ(system_calls(), before);
  pool_free(again, 1024);
}

TEST(Pool, ALargeBlockIsGivenOutAgainToAnyThread) {
  if (!kKeepsBlocks) GTEST_SKIP() << "sanitizers see every free";
  release_kept_memory();
  const std::size_t bytes = (std::size_t{5} << 20) + 1;
  void* block = pool_allocate(bytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u);
  std::memset(block, 1, bytes);
  pool_free(block, bytes);
  std::thread([&] {
    void* again = pool_allocate(bytes + 1000);  // of about the same size
    EXPECT_EQ(again, block);
    EXPECT_EQ(system_calls(), 0);
    pool_free(again, bytes + 1000);
  }).join();
  EXPECT_GE(release_kept_memory(), bytes);
  EXPECT_EQ(release_kept_memory(), 0u);
}

TEST(Pool, LargeBlocksKeptAreBounded) {
  if (!kKeepsBlocks) GTEST_SKIP() << "sanitizers see every free";
  release_kept_memory();
  const std::size_t bytes = std::size_t{100} << 20;  // not touched, so the system gives none
  std::vector<void*> blocks;
  for (int i = 0; i < 8; ++i) blocks.push_back(pool_allocate(bytes));
  for (void* block : blocks) pool_free(block, bytes);
  void* newest = pool_allocate(bytes);
  EXPECT_EQ(newest, blocks.back());
  pool_free(newest, bytes);
  const std::size_t huge = std::size_t{600} << 20;
  pool_free(pool_allocate(huge), huge);
  const std::size_t kept = release_kept_memory();
  EXPECT_GE(kept, 4 * bytes);
  EXPECT_LE(kept, std::size_t{512} << 20);
}

TEST(Pool, RoundsLargeBlocksUpByAnEighthAtMost) {
  for (std::size_t bytes = (1 << 20) + 1; bytes < (std::size_t{1} << 29);
       bytes = bytes * 9 / 8 + 7) {
    const std::size_t rounded = large_blocks::rounded(bytes);
    EXPECT_GE(rounded, bytes);
    EXPECT_LE(rounded - bytes, bytes / 8);
    EXPECT_EQ(large_blocks::rounded(rounded), rounded);
  }
}

TEST(Pool, ABlockMayBeFreedOnAnotherThread) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(pool_allocate(256));
  std::int64_t reused = -1;
  std::thread other([&] {
    for (void* block : blocks) pool_free(block, 256);
    const auto before = system_calls();
    for (void*& block : blocks) block = pool_allocate(256);
    reused = system_calls() - before;
  });
  other.join();
  if (kKeepsBlocks) {
    EXPECT_EQ(reused, 0);
  }
  for (void* block : blocks) {
    std::memset(block, 1, 256);
    pool_free(block, 256);
  }
}

TEST(Pool, ATensorMayOutliveTheThreadThatMadeIt) {
  Tensor x;
  std::thread([&] { x = full({1000}, 3); }).join();
  EXPECT_EQ(sum(x).item(), 3000);
}

TEST(Pool, CountsEachThreadForItself) {
  const auto before = pool_statistics().requests;
  std::thread([] {
    for (int i = 0; i < 10; ++i) pool_free(pool_allocate(64), 64);
    EXPECT_EQ(pool_statistics().requests, 10);
    if (kKeepsBlocks) {
      EXPECT_EQ(pool_statistics().system_calls, 1);
    }
  }).join();
  EXPECT_EQ(pool_statistics().requests, before);
}

}  // namespace
}  // namespace gradus::testing
