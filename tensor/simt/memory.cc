#include "tensor/simt/memory.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "tensor/error.h"
#include "tensor/simt/allocations.h"
#include "tensor/simt/sanitizers.h"

namespace gradus::simt {
namespace {

constexpr std::size_t kAlignment = 256;

struct Allocations {
  std::mutex mutex;
  // By the complement of the first address: so LeakSanitizer takes none of them for a pointer, and
  // reports what is never released.
  std::map<std::uintptr_t, std::size_t> bytes;
  std::size_t total = 0;
};

// Never destroyed: tensors with static lifetime may outlive it.
Allocations& allocations() {
  static Allocations& all = *new Allocations;
  return all;
}

// Under ASan the heap's own red zones, exact to the byte, stand around the memory.
std::size_t guard() { return under_asan() ? 0 : kAlignment; }

std::string address_text(const void* address) {
  char text[32];
  std::snprintf(text, sizeof text, "%p", address);
  return text;
}

void check_device(const char* op, const char* argument, const void* memory, std::size_t bytes) {
  const std::size_t there = device_bytes_from(memory);
  if (there >= bytes) return;
  const std::string got = there == 0 ? " is no device memory"
                                     : " has " + std::to_string(there) + " bytes up to its end";
  throw DeviceError("[" + std::string(op) + "] " + argument + ": " + address_text(memory) + got +
                    "; expected " + std::to_string(bytes) + " bytes from simt::allocate()");
}

}  // namespace

Allocation find_allocation(const void* memory) {
  Allocations& all = allocations();
  const std::lock_guard lock(all.mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto at = all.bytes.lower_bound(~address);
  if (at == all.bytes.end() || address - ~at->first >= at->second) return {};
  return {reinterpret_cast<const std::byte*>(~at->first), at->second};
}

bool guards_intact(const Allocation& allocation) {
  const std::size_t width = guard();
  return guard_intact(allocation.first - width, width) &&
         guard_intact(allocation.first + allocation.bytes, width);
}

void* allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  const Unseen unseen;
  const std::size_t width = guard();
  void* memory = nullptr;
  if (bytes > SIZE_MAX - 2 * width || posix_memalign(&memory, kAlignment, bytes + 2 * width) != 0) {
    throw DeviceError("[allocate] bytes: " + std::to_string(bytes) +
                      "; expected no more than the emulated device has, which is this computer's "
                      "memory");
  }
  auto* first = static_cast<std::byte*>(memory) + width;
  fill_guard(first - width, width);
  std::memset(first, 0xff, bytes);
  fill_guard(first + bytes, width);
  Allocations& all = allocations();
  const std::lock_guard lock(all.mutex);
  all.bytes.emplace(~reinterpret_cast<std::uintptr_t>(first), bytes);
  all.total += bytes;
  return first;
}

void release(void* memory) {
  if (memory == nullptr) return;
  const Allocation allocation = find_allocation(memory);
  if (allocation.first != memory) {
    throw DeviceError("[release] memory: " + address_text(memory) +
                      "; expected an address from simt::allocate() that is not yet released");
  }
  const bool intact = guards_intact(allocation);
  {
    Allocations& all = allocations();
    const std::lock_guard lock(all.mutex);
    all.bytes.erase(~reinterpret_cast<std::uintptr_t>(memory));
    all.total -= allocation.bytes;
  }
  std::free(static_cast<std::byte*>(memory) - guard());
  if (!intact) {
    throw DeviceError("[release] memory: bytes around its " + std::to_string(allocation.bytes) +
                      " were written; expected kernels to stay inside");
  }
}

void copy_to_device(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  check_device("copy_to_device", "to", to, bytes);
  std::memcpy(to, from, bytes);
}

void copy_to_host(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  check_device("copy_to_host", "from", from, bytes);
  std::memcpy(to, from, bytes);
}

void copy_on_device(void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  check_device("copy_on_device", "to", to, bytes);
  check_device("copy_on_device", "from", from, bytes);
  std::memmove(to, from, bytes);
}

void fill_bytes(void* to, int value, std::size_t bytes) {
  if (bytes == 0) return;
  check_device("fill_bytes", "to", to, bytes);
  std::memset(to, value, bytes);
}

std::size_t device_bytes_from(const void* memory) {
  const Allocation allocation = find_allocation(memory);
  if (allocation.first == nullptr) return 0;
  return allocation.first + allocation.bytes - static_cast<const std::byte*>(memory);
}

DeviceMemoryUse device_memory_use() {
  Allocations& all = allocations();
  const std::lock_guard lock(all.mutex);
  return {all.total, all.bytes.size()};
}

}  // namespace gradus::simt
