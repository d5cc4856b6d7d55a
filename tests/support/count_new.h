#pragma once
// Counts the calls of operator new of a program. Included by one source of it, since it replaces
// the operators for all. Sanitizers bring operators of their own, which nobody may replace.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace gradus::testing {

/// Calls of operator new so far.
inline std::atomic<std::size_t> calls_of_new = 0;

}  // namespace gradus::testing

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRADUS_NEEDS_COUNTED_NEW() GTEST_SKIP() << "operator new belongs to the sanitizer"
#else
#define GRADUS_NEEDS_COUNTED_NEW() static_cast<void>(0)

// Not inlined, since gcc then takes malloc and delete for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++gradus::testing::calls_of_new;
  if (void* block = std::malloc(bytes)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif
