#pragma once
// The scheduler of the emulated device: runs the blocks of a grid one after another, the threads
// of a block by turns. Each thread of the program has a machine of its own.
//
// A fiber takes the next thread of the block and calls the kernel; when that thread reaches a
// barrier, the fiber is parked with it and another one takes the next thread. So a kernel without
// barriers runs in one fiber, as a loop of plain calls.
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "tensor/simt/allocations.h"
#include "tensor/simt/fiber.h"
#include "tensor/simt/launch.h"
#include "tensor/simt/shared.h"

namespace gradus::simt {

class Machine;
extern constinit thread_local Machine* running_machine;

class Machine {
 public:
  static Machine& of_this_thread();
  /// The machine whose kernel this thread runs, else null.
  static Machine* running() { return running_machine; }
  ~Machine();

  void run(const Grid& grid, const PointerArgument* pointers, std::size_t count);

  // What the running kernel calls.
  Votes barrier(Wait kind, bool predicate, Here here);
  Meeting meet(Wait kind, std::uint32_t mask, std::uint64_t value, Here here);
  void* static_shared(const void* key, std::size_t bytes, const char* name, Here here);
  void* dynamic_shared(Here here);
  void fence();
  /// "[scale] message, block (1, 0, 0), thread (5, 0, 0), a.cu.cc:7"
  [[noreturn]] void fail(const std::string& message, Here here) const;
  const Counts& counts() const { return counts_; }

 private:
  struct Thread {
    Dim3 index;
    int number = 0;
    Wait wait = Wait::kNothing;
    bool done = false;
    std::uint32_t mask = 0;  // the lanes it waits for
    Here here;
    Fiber* fiber = nullptr;   // where it is parked
    Thread* next = nullptr;   // in the queue of those that may go on
    void* context = nullptr;  // for TSan
  };

  // Lanes of a warp that meet under one mask. Values lie in two rows by turns, since a quick lane
  // may bring its next value while a slow one still reads.
  struct Group {
    std::uint32_t mask = 0, arrived = 0, present[2] = {}, readers = 0;
    int turn = 0;
    Wait kind = Wait::kNothing;
    Here here;
    std::uint64_t values[2][kWarp];
    char* tags[2] = {};
  };
  struct Warp {
    std::uint32_t live = 0;
    std::deque<Group> groups;
    std::size_t used = 0;  // groups in use in this block
  };
  struct Barrier {
    int arrived = 0;
    Votes votes, result;
    Wait kind = Wait::kNothing;
    Here here;
    int turn = 0;
    char* tags[2] = {};
  };

  [[noreturn, gnu::noinline]] void throw_divergence(Wait kind, Here here) const;
  [[noreturn, gnu::noinline]] void throw_mask(Wait kind, std::uint32_t mask, Here here) const;
  [[noreturn, gnu::noinline]] void throw_mixed(Wait kind, const Group& group, Here here) const;
  void check_launch(const Grid& grid, const PointerArgument* pointers, std::size_t count);
  void prepare(const Dim3& block);
  void run_block(std::uint64_t number);
  void start_tags();
  void finish_block();
  std::string who_waits() const;
  std::string names_of(const std::vector<int>& threads) const;

  static void fiber_entry();
  void work();
  void run_thread(Thread& thread);
  void finish(Thread& thread);
  void park(Thread& thread);
  void go_on();  // leaves the running fiber for whoever may run next
  void go_to(Fiber& fiber);
  void make_ready(Thread& thread);
  void open_barrier();
  void open_group(Warp& warp, Group& group, Thread* last);
  Group& group_of(Warp& warp, std::uint32_t mask);
  Fiber& idle_fiber();
  std::size_t context_of(const Thread& thread) const;
  void unwind_all();
  char* new_tag();

  const Grid* grid_ = nullptr;
  Schedule schedule_;
  Dim3 block_shape_{0, 0, 0};  // that threads_ is numbered for
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<int> order_;
  int count_ = 0, next_ = 0, live_ = 0;
  std::uint64_t draws_ = 0;
  Thread* current_ = nullptr;
  Thread *first_ready_ = nullptr, *last_ready_ = nullptr;
  Barrier barrier_;
  SharedMemory shared_;

  Fiber main_;
  Fiber* running_ = &main_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;

  bool cancelled_ = false, unwinding_ = false;
  std::exception_ptr error_;
  std::vector<Allocation> used_memory_;  // by argument
  std::vector<int> used_numbers_;

  // For TSan: one for each stack.
  std::vector<void*> contexts_;
  std::size_t first_context_ = 0;
  void* main_context_ = nullptr;
  char start_tag_ = 0, end_tag_ = 0, fence_tag_ = 0;
  std::unique_ptr<char[]> tags_;
  std::size_t next_tag_ = 0;

  Counts counts_;
};

}  // namespace gradus::simt
