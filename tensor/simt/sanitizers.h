#pragma once
// What the scheduler tells AddressSanitizer and ThreadSanitizer. All references are weak: in a
// program without a sanitizer they are null, so one object file of the scheduler serves every
// build. Only the scheduler includes this header.
#include <cstddef>

extern "C" {
[[gnu::weak]] void __sanitizer_start_switch_fiber(void** save, const void* bottom,
                                                  std::size_t size);
[[gnu::weak]] void __sanitizer_finish_switch_fiber(void* save, const void** bottom,
                                                   std::size_t* size);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* at, std::size_t size);
[[gnu::weak]] void* __tsan_get_current_fiber();
[[gnu::weak]] void* __tsan_create_fiber(unsigned flags);
[[gnu::weak]] void __tsan_destroy_fiber(void* fiber);
[[gnu::weak]] void __tsan_switch_to_fiber(void* fiber, unsigned flags);
[[gnu::weak]] void __tsan_acquire(void* tag);
[[gnu::weak]] void __tsan_release(void* tag);
[[gnu::weak]] void AnnotateIgnoreReadsBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreReadsEnd(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreWritesBegin(const char* file, int line);
[[gnu::weak]] void AnnotateIgnoreWritesEnd(const char* file, int line);
}

namespace gradus::simt {

inline bool under_asan() { return __asan_unpoison_memory_region != nullptr; }
inline bool under_tsan() { return __tsan_create_fiber != nullptr; }

/// What happened before release(tag) comes before what follows acquire(tag).
inline void tsan_release(void* tag) {
  if (under_tsan()) __tsan_release(tag);
}
inline void tsan_acquire(void* tag) {
  if (under_tsan()) __tsan_acquire(tag);
}

/// From here on TSan sees the accesses as those of `context`. Says nothing about their order.
inline void tsan_switch(void* context) {
  constexpr unsigned kNoSync = 1;
  if (under_tsan()) __tsan_switch_to_fiber(context, kNoSync);
}

/// The scheduler's own reads and writes, of memory that it hands from thread to thread, are no
/// races: malloc and memset report theirs even from code that is not instrumented.
class Unseen {
 public:
  Unseen() {
    if (!under_tsan()) return;
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~Unseen() {
    if (!under_tsan()) return;
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;
};

}  // namespace gradus::simt
