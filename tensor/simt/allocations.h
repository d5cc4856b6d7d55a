#pragma once
// The table of device memory, for launches, which check their pointers with it.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gradus::simt {

struct Allocation {
  const std::byte* first = nullptr;
  std::size_t bytes = 0;
};

/// The allocation that the address lies in; first is null for what is no device memory.
Allocation find_allocation(const void* memory);

/// Whether nobody wrote the bytes around it. Always true under ASan, which reports such writes.
bool guards_intact(const Allocation& allocation);

// What stands in the guards around memory without ASan. Read as float or double it is NaN, by half
// of its words a signalling one, whose bits change when a kernel adds to it.
inline constexpr std::uint32_t kGuardWords[] = {0xffb5a5a5, 0xfff5a5a5};

inline void fill_guard(std::byte* at, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += sizeof kGuardWords) {
    std::memcpy(at + i, kGuardWords, sizeof kGuardWords);
  }
}
inline bool guard_intact(const std::byte* at, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += sizeof kGuardWords) {
    if (std::memcmp(at + i, kGuardWords, sizeof kGuardWords) != 0) return false;
  }
  return true;
}

}  // namespace gradus::simt
