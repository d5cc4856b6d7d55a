#include "tensor/simt/machine.h"

#include <algorithm>
#include <utility>

#include "tensor/simt/sanitizers.h"
#include "tensor/simt/texts.h"

namespace gradus::simt {

constinit thread_local Dim3 thread_index{0, 0, 0};
constinit thread_local Dim3 block_index{0, 0, 0};
constinit thread_local Dim3 block_shape;
constinit thread_local Dim3 grid_shape;
constinit thread_local Machine* running_machine = nullptr;

namespace {

// Thrown where a parked thread is, when the launch has failed, so that its stack is left properly.
struct Unwind {};

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kTagsPerBlock = 4096;

}  // namespace

Machine& Machine::of_this_thread() {
  thread_local Machine machine;
  return machine;
}

Machine::~Machine() {
  for (void* context : contexts_) __tsan_destroy_fiber(context);
}

void Machine::run(const Grid& grid, const PointerArgument* pointers, std::size_t count) {
  if (grid_ != nullptr) {
    throw DeviceError("[" + std::string(grid.kernel) +
                      "] launch: inside of a kernel; expected a launch by the host");
  }
  check_launch(grid, pointers, count);
  {
    const Unseen unseen;
    grid_ = &grid;
    schedule_ = simt::schedule();
    draws_ = 0;
    prepare(grid.launch.block);
    shared_.start_launch(grid.launch.shared_bytes);
    block_shape = grid.launch.block;
    grid_shape = grid.launch.grid;
    running_machine = this;
    tsan_release(&start_tag_);
    const std::uint64_t blocks = grid.launch.grid.count();
    const BlockOrder order(schedule_, blocks);
    for (std::uint64_t i = 0; i < blocks && !error_; ++i) run_block(order[i]);
    tsan_acquire(&end_tag_);
    ++counts_.launches;
    grid_ = nullptr;
    running_machine = nullptr;
    thread_index = block_index = {0, 0, 0};
    block_shape = grid_shape = {};
  }
  if (error_) {
    cancelled_ = unwinding_ = false;
    std::rethrow_exception(std::exchange(error_, nullptr));
  }
  for (std::size_t i = 0; i < used_memory_.size(); ++i) {
    if (guards_intact(used_memory_[i])) continue;
    throw DeviceError("[" + std::string(grid.kernel) + "] argument " +
                      std::to_string(used_numbers_[i]) + ": bytes around its " +
                      std::to_string(used_memory_[i].bytes) +
                      " were written; expected the kernel to stay inside; --config=asan names the "
                      "line");
  }
}

void Machine::prepare(const Dim3& block) {
  const int count = static_cast<int>(block.count());
  if (under_tsan()) {
    if (main_context_ == nullptr) main_context_ = __tsan_get_current_fiber();
    // More than two blocks' worth, so that neighbouring blocks never share one; made here, since
    // making one orders it behind its maker.
    while (contexts_.size() < 2 * static_cast<std::size_t>(count) + 1) {
      contexts_.push_back(__tsan_create_fiber(0));
      fibers_.push_back(std::make_unique<Fiber>(&Machine::fiber_entry));
    }
  }
  if (count_ == count && block_shape_ == block) return;
  block_shape_ = block;
  count_ = count;
  if (threads_.size() < static_cast<std::size_t>(count)) threads_.resize(count);
  order_.resize(count);
  const std::size_t warps = (count + kWarp - 1) / kWarp;
  if (warps_.size() < warps) warps_.resize(warps);
  int number = 0;
  for (unsigned z = 0; z < block.z; ++z) {
    for (unsigned y = 0; y < block.y; ++y) {
      for (unsigned x = 0; x < block.x; ++x, ++number) {
        threads_[number].index = {x, y, z};
        threads_[number].number = number;
      }
    }
  }
}

void Machine::run_block(std::uint64_t number) {
  const Dim3& grid = grid_->launch.grid;
  const std::uint64_t plane = std::uint64_t{grid.x} * grid.y;
  block_index = {static_cast<unsigned>(number % grid.x),
                 static_cast<unsigned>(number % plane / grid.x),
                 static_cast<unsigned>(number / plane)};
  if (draws_ == 0 || schedule_.order == Schedule::kSeeded) {
    order_threads(schedule_, draws_++, order_);
  }
  shared_.start_block();
  if (under_tsan()) start_tags();
  live_ = count_;
  next_ = 0;
  barrier_.arrived = 0;
  barrier_.votes = {};
  for (int w = 0; w * kWarp < count_; ++w) {
    const int lanes = std::min(kWarp, count_ - w * kWarp);
    warps_[w].live = lanes == kWarp ? ~0u : (1u << lanes) - 1;
    warps_[w].used = 0;
  }
  for (int i = 0; i < count_; ++i) {
    threads_[i].wait = Wait::kNothing;
    threads_[i].done = false;
  }
  go_to(idle_fiber());
  if (!error_ && live_ > 0) {
    error_ = std::make_exception_ptr(
        DeviceError("[" + std::string(grid_->kernel) + "] threads wait for each other for ever: " +
                    who_waits() + "; expected every thread at the same barrier"));
  }
  if (error_) return unwind_all();
  ++counts_.blocks;
  counts_.threads += count_;
  if (const std::string array = shared_.damaged(); !array.empty()) {
    error_ = std::make_exception_ptr(
        DeviceError("[" + std::string(grid_->kernel) + "] shared memory: bytes around " + array +
                    ", were written in block " + to_text(block_index) +
                    "; expected indices inside; --config=asan names the line"));
  }
}

// Tags of one block order nothing in another, so they are new for each block.
void Machine::start_tags() {
  tags_ = std::make_unique<char[]>(kTagBytes * kTagsPerBlock);
  next_tag_ = 0;
  for (char*& tag : barrier_.tags) tag = new_tag();
  first_context_ += static_cast<std::size_t>(count_);
}

char* Machine::new_tag() { return &tags_[kTagBytes * (next_tag_++ % kTagsPerBlock)]; }

// ---- fibers ----

// TSan has to see each thread on a stack of its own, or locals at one address would be races.
Fiber& Machine::idle_fiber() {
  if (under_tsan()) return *fibers_[context_of(threads_[order_[next_]])];
  if (idle_.empty()) {
    fibers_.push_back(std::make_unique<Fiber>(&Machine::fiber_entry));
    idle_.reserve(fibers_.size());
    idle_.push_back(fibers_.back().get());
  }
  Fiber& fiber = *idle_.back();
  idle_.pop_back();
  return fiber;
}

// Turning through all of them, so that the same threads of neighbouring blocks differ.
std::size_t Machine::context_of(const Thread& thread) const {
  return (first_context_ + static_cast<std::size_t>(thread.number)) % contexts_.size();
}

void Machine::fiber_entry() { of_this_thread().work(); }

// Outside of kernels all fibers act in the main context of TSan.
void Machine::work() {
  while (true) {
    while (!cancelled_ && first_ready_ == nullptr && next_ < count_) {
      run_thread(threads_[order_[next_++]]);
      if (under_tsan()) break;
    }
    if (!under_tsan()) idle_.push_back(running_);
    go_on();
  }
}

void Machine::run_thread(Thread& thread) {
  current_ = &thread;
  thread_index = thread.index;
  if (under_tsan()) {
    thread.context = contexts_[context_of(thread)];
    tsan_switch(thread.context);
    tsan_acquire(&start_tag_);
  }
  try {
    grid_->call(grid_->arguments);
  } catch (const Unwind&) {
  } catch (...) {
    if (!error_) error_ = std::current_exception();
    cancelled_ = true;
  }
  if (under_tsan()) {
    tsan_release(&end_tag_);
    tsan_switch(main_context_);
  }
  current_ = nullptr;
  finish(thread);
}

void Machine::finish(Thread& thread) {
  thread.done = true;
  --live_;
  Warp& warp = warps_[thread.number / kWarp];
  warp.live &= ~(1u << thread.number % kWarp);
  if (cancelled_) return;
  // Threads that have returned are waited for no longer.
  if (barrier_.arrived > 0 && barrier_.arrived == live_) open_barrier();
  for (std::size_t i = 0; i < warp.used; ++i) {
    Group& group = warp.groups[i];
    if (group.arrived != 0 && (group.mask & warp.live) == group.arrived) {
      open_group(warp, group, nullptr);
    }
  }
}

void Machine::go_to(Fiber& fiber) {
  ++counts_.switches;
  Fiber& from = *running_;
  running_ = &fiber;
  Fiber::go(from, fiber);
}

// Threads that may go on come before new ones, so that few stacks are in use.
void Machine::go_on() {
  if (cancelled_ && !unwinding_) {
    tsan_switch(main_context_);
    return go_to(main_);
  }
  if (Thread* thread = first_ready_) {
    first_ready_ = thread->next;
    if (first_ready_ != nullptr && first_ready_->next != nullptr) {
      first_ready_->next->fiber->expect();
    }
    if (thread->fiber == running_) {
      return;  // the last one to arrive is the first to go on
    }
    tsan_switch(thread->context);
    return go_to(*thread->fiber);
  }
  tsan_switch(main_context_);
  if (!cancelled_ && next_ < count_) return go_to(idle_fiber());
  go_to(main_);
}

void Machine::park(Thread& thread) {
  thread.fiber = running_;
  go_on();
  current_ = &thread;
  thread_index = thread.index;
  thread.wait = Wait::kNothing;
  if (cancelled_) throw Unwind{};
}

void Machine::make_ready(Thread& thread) {
  thread.next = nullptr;
  if (first_ready_ == nullptr) {
    first_ready_ = &thread;
  } else {
    last_ready_->next = &thread;
  }
  last_ready_ = &thread;
}

// Parked threads are not dropped: their frames have destructors, and sanitizers count entries.
void Machine::unwind_all() {
  cancelled_ = unwinding_ = true;
  first_ready_ = nullptr;
  for (int i = 0; i < count_; ++i) {
    if (threads_[i].wait != Wait::kNothing) make_ready(threads_[i]);
  }
  if (Thread* thread = first_ready_) {
    first_ready_ = thread->next;
    tsan_switch(thread->context);
    go_to(*thread->fiber);
  }
  barrier_.arrived = 0;
}

}  // namespace gradus::simt
