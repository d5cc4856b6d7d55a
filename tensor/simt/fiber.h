#pragma once
// A stack of its own, on which a function can be left at any place and resumed later.
#include <cstddef>

namespace gradus::simt {

class Fiber {
 public:
  /// The calling thread's own stack, as a place to come back to.
  Fiber() = default;
  /// A new stack. The first switch to it calls entry(), which must never return.
  explicit Fiber(void (*entry)());
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Leaves the running fiber, which must be `from`, and goes on where `to` was left.
  static void go(Fiber& from, Fiber& to);
  /// Brings what a switch to it will read near.
  void expect() const {
    __builtin_prefetch(where_);
    __builtin_prefetch(static_cast<const std::byte*>(where_) + 64);
  }

 private:
  static void arrive(Fiber& here);
  static void begin();

  void* where_ = nullptr;  // while it does not run: the stack pointer, or a ucontext_t
  void (*entry_)() = nullptr;
  std::byte* memory_ = nullptr;  // the mapping, a guard page first
  // For ASan: the stack's lowest address and size, and the frames that it moved elsewhere.
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  void* moved_frames_ = nullptr;
};

}  // namespace gradus::simt
