// The counters of memory.h. Each thread counts for itself; its bytes join the common number once
// they are many, since only there the peak of all threads can be seen.
#include "tensor/ledger.h"

#include <algorithm>
#include <mutex>

#include "tensor/memory.h"

namespace gradus {
namespace {

constexpr std::int64_t kManyBytes = std::int64_t{64} << 10;

// Written by its thread alone, read by others, so that plain loads and stores are enough.
class Counter {
 public:
  std::int64_t get() const { return value_.load(std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t value) { set(get() + value); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Trivially destructible, so that it still counts while other thread-local objects are destroyed.
struct ThreadLedger {
  Counter allocations, live;
  Counter pending;  // bytes that are not in Totals yet
  Counter highest;  // the most that `pending` was since then
  ThreadLedger* next;
  bool listed, closed;
};
constinit thread_local ThreadLedger own{};

struct Totals {
  std::mutex mutex;
  ThreadLedger* threads = nullptr;
  std::int64_t allocations = 0, live = 0;  // of threads that have ended
  std::int64_t bytes = 0, peak = 0;

  std::int64_t pending() const {
    std::int64_t sum = 0;
    for (const ThreadLedger* t = threads; t != nullptr; t = t->next) sum += t->pending.get();
    return sum;
  }
  // As if the other threads had stood still since the last call for t.
  void raise_peak(const ThreadLedger& t) {
    peak = std::max(peak, bytes + pending() - t.pending.get() + t.highest.get());
  }
  void settle(ThreadLedger& t) {
    raise_peak(t);
    bytes += t.pending.get();
    t.pending.set(0);
    t.highest.set(0);
  }
};
constinit Totals totals;

struct CloseAtThreadExit {
  ~CloseAtThreadExit() {
    const std::lock_guard lock(totals.mutex);
    totals.settle(own);
    totals.allocations += own.allocations.get();
    totals.live += own.live.get();
    ThreadLedger** link = &totals.threads;
    while (*link != &own) link = &(*link)->next;
    *link = own.next;
    own.closed = true;
  }
};

// The first time, and after the thread's own objects are gone.
[[gnu::noinline]] bool count_in_totals(std::int64_t allocations, std::int64_t live,
                                       std::int64_t bytes) {
  const std::lock_guard lock(totals.mutex);
  if (!own.closed) {
    static thread_local CloseAtThreadExit close;
    own.next = totals.threads;
    totals.threads = &own;
    own.listed = true;
    return false;
  }
  totals.allocations += allocations;
  totals.live += live;
  totals.bytes += bytes;
  totals.peak = std::max(totals.peak, totals.bytes + totals.pending());
  return true;
}

[[gnu::noinline]] void settle_own() {
  const std::lock_guard lock(totals.mutex);
  totals.settle(own);
}

void count(std::int64_t allocations, std::int64_t live, std::int64_t bytes) {
  if ((!own.listed || own.closed) && count_in_totals(allocations, live, bytes)) return;
  own.allocations.add(allocations);
  own.live.add(live);
  own.pending.add(bytes);
  const std::int64_t pending = own.pending.get();
  if (pending > own.highest.get()) own.highest.set(pending);
  if (pending >= kManyBytes || pending <= -kManyBytes) settle_own();
}

}  // namespace

void ledger::allocated(const void* owner, std::size_t bytes) {
  count(1, 1, static_cast<std::int64_t>(bytes));
  if (tracing.load(std::memory_order_relaxed)) [[unlikely]]
    trace(owner, bytes);
}

void ledger::freed(const void* owner, std::size_t bytes) noexcept {
  count(0, -1, -static_cast<std::int64_t>(bytes));
  if (tracing.load(std::memory_order_relaxed)) [[unlikely]]
    forget(owner);
}

MemoryStats memory_stats() {
  const std::lock_guard lock(totals.mutex);
  MemoryStats stats{.current_bytes = totals.bytes + totals.pending(),
                    .allocations = totals.allocations,
                    .live = totals.live};
  for (ThreadLedger* t = totals.threads; t != nullptr; t = t->next) {
    totals.raise_peak(*t);
    stats.allocations += t->allocations.get();
    stats.live += t->live.get();
  }
  stats.peak_bytes = std::max(totals.peak, stats.current_bytes);
  return stats;
}

void reset_peak_memory() {
  const std::lock_guard lock(totals.mutex);
  // Another thread may raise its own number meanwhile; then that is the peak of later.
  for (ThreadLedger* t = totals.threads; t != nullptr; t = t->next) {
    t->highest.set(t->pending.get());
  }
  totals.peak = totals.bytes + totals.pending();
}

}  // namespace gradus
