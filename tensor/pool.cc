#include "tensor/pool.h"

#include <bit>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "tensor/error.h"
#include "tensor/large_blocks.h"

namespace gradus {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepBlocks = false;
#else
constexpr bool kKeepBlocks = true;
#endif

constexpr std::size_t kAlignment = 64;
constexpr int kSmallestLog2 = 6, kLargestLog2 = 20;  // 64 B .. 1 MiB
constexpr int kClasses = 2 * (kLargestLog2 - kSmallestLog2) + 1;
constexpr std::size_t kLargestSmall = std::size_t{1} << kLargestLog2;
constexpr std::size_t kLargestKeptBytes = large_blocks::kMostBytesKept;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kBytesKeptPerClass = std::size_t{32} << 20;

// Size classes 2^k and 3 * 2^(k-1), so that at most a third of a block is unused. The smallest
// classes are multiples of the alignment; 96 is rounded up to 128 by the caller.
int class_of(std::size_t bytes) {
  if (bytes <= 64) return 0;
  const int k = std::bit_width(bytes - 1);  // 2^(k-1) < bytes <= 2^k
  const std::size_t three_quarters = std::size_t{3} << (k - 2);
  return 2 * (k - kSmallestLog2) - (bytes <= three_quarters && k > 7 ? 1 : 0);
}

std::size_t class_bytes(int c) {
  const int k = kSmallestLog2 + (c + 1) / 2;
  return c % 2 == 0 ? std::size_t{1} << k : std::size_t{3} << (k - 2);
}

struct FreeBlock {
  FreeBlock* next;
};

// Trivially destructible, so that it still works while other thread-local objects are destroyed.
struct ThreadPool {
  FreeBlock* free[kClasses];
  std::int64_t kept[kClasses];
  PoolStatistics statistics;
  bool closed;
};
constinit thread_local ThreadPool pool{};

struct GiveBackAtThreadExit {
  ~GiveBackAtThreadExit() {
    pool.closed = true;
    for (FreeBlock*& list : pool.free) {
      while (list != nullptr) std::free(std::exchange(list, list->next));
    }
  }
};

void* system_allocate(std::size_t bytes) {
  ++pool.statistics.system_calls;
  const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kAlignment;
  const auto ask = [&] {
    return std::aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
  };
  void* block = ask();
  if (block == nullptr && large_blocks::release_all() > 0) block = ask();
  if (block == nullptr) {
    throw DeviceError("[allocate] cpu: out of memory for " + std::to_string(bytes) +
                      " bytes; free tensors or use smaller ones");
  }
#if defined(__linux__)
  // Fewer pages to ask for and to look up; a refusal changes nothing.
  if (alignment == kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return block;
}

}  // namespace

void* pool_allocate(std::size_t bytes) {
  ++pool.statistics.requests;
  if (!kKeepBlocks || bytes > kLargestKeptBytes) return system_allocate(bytes);
  if (bytes > kLargestSmall) {
    void* block = large_blocks::take(bytes);
    return block != nullptr ? block : system_allocate(large_blocks::rounded(bytes));
  }
  const int c = class_of(bytes);
  FreeBlock* block = pool.free[c];
  if (block == nullptr) return system_allocate(class_bytes(c));
  pool.free[c] = block->next;
  --pool.kept[c];
  return block;
}

void pool_free(void* block, std::size_t bytes) noexcept {
  if (!kKeepBlocks || bytes > kLargestKeptBytes) return std::free(block);
  if (bytes > kLargestSmall) return large_blocks::keep(block, bytes);
  const int c = class_of(bytes);
  if (pool.closed || (pool.kept[c] + 1) * class_bytes(c) > kBytesKeptPerClass) {
    return std::free(block);
  }
  static thread_local GiveBackAtThreadExit give_back;
  pool.free[c] = new (block) FreeBlock{pool.free[c]};
  ++pool.kept[c];
}

PoolStatistics pool_statistics() { return pool.statistics; }

std::size_t release_kept_memory() noexcept { return large_blocks::release_all(); }

}  // namespace gradus
