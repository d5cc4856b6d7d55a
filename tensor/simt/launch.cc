// Launches and what kernels call, handed to the machine of this thread.
#include "tensor/simt/launch.h"

#include <cstdio>
#include <limits>

#include "tensor/simt/machine.h"
#include "tensor/simt/texts.h"

namespace gradus::simt {
namespace {

// CUDA's limits, for every card since compute capability 3.0; dynamic memory that must be asked for
// as on sm_80.
constexpr std::size_t kThreads = 1024;
constexpr std::size_t kSharedBytes = 48 << 10;
constexpr std::size_t kLargeSharedBytes = 163 << 10;

[[noreturn, gnu::noinline]] void throw_outside(Wait kind, Here here) {
  throw DeviceError("[" + std::string(name_of(kind)) + "] called outside of a kernel, " +
                    to_text(here));
}

inline Machine& running(Wait kind, Here here) {
  if (Machine* machine = Machine::running()) [[likely]]
    return *machine;
  throw_outside(kind, here);
}

std::string address_text(const void* address) {
  char text[32];
  std::snprintf(text, sizeof text, "%p", address);
  return text;
}

}  // namespace

void Machine::check_launch(const Grid& grid, const PointerArgument* pointers, std::size_t count) {
  const Launch& launch = grid.launch;
  const auto refuse = [&](const std::string& text) {
    throw DeviceError("[" + std::string(grid.kernel) + "] " + text);
  };
  const auto sizes = [](const Dim3& d) {
    return std::to_string(d.x) + " x " + std::to_string(d.y) + " x " + std::to_string(d.z);
  };
  const Dim3 &b = launch.block, &g = launch.grid;
  if (b.count() == 0 || b.count() > kThreads || b.x > 1024 || b.y > 1024 || b.z > 64) {
    refuse("block: " + sizes(b) + " threads; expected 1..1024 together, z at most 64");
  }
  constexpr unsigned kMost = std::numeric_limits<int>::max();
  if (g.count() == 0 || g.x > kMost || g.y > 65535 || g.z > 65535) {
    refuse("grid: " + sizes(g) + " blocks; expected 1..2147483647 x 1..65535 x 1..65535");
  }
  const std::size_t limit = launch.large_shared ? kLargeSharedBytes : kSharedBytes;
  if (launch.shared_bytes > limit) {
    refuse("shared_bytes: " + std::to_string(launch.shared_bytes) + "; expected at most " +
           std::to_string(limit) +
           (launch.large_shared ? "" : ", or Launch::large_shared for up to 166912"));
  }
  used_memory_.clear();
  used_numbers_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const Allocation allocation = find_allocation(pointers[i].pointer);
    if (allocation.first == nullptr) {
      refuse("argument " + std::to_string(pointers[i].number) + ": " +
             address_text(pointers[i].pointer) +
             " is no device memory; expected an address from simt::allocate(); is it a host "
             "pointer?");
    }
    used_memory_.push_back(allocation);
    used_numbers_.push_back(pointers[i].number);
  }
}

void run_grid(const Grid& grid, const PointerArgument* pointers, std::size_t count) {
  Machine::of_this_thread().run(grid, pointers, count);
}

const Counts& counts() { return Machine::of_this_thread().counts(); }

Votes barrier(Wait kind, bool predicate, Here here) {
  return running(kind, here).barrier(kind, predicate, here);
}
Meeting meet(Wait kind, std::uint32_t mask, std::uint64_t value, Here here) {
  return running(kind, here).meet(kind, mask, value, here);
}
void* static_shared(const void* key, std::size_t bytes, const char* name, Here here) {
  return running(Wait::kNothing, here).static_shared(key, bytes, name, here);
}
void* dynamic_shared(Here here) { return running(Wait::kNothing, here).dynamic_shared(here); }
void fence() { running(Wait::kNothing, {}).fence(); }
void fail(const char* message, Here here) { running(Wait::kNothing, here).fail(message, here); }

}  // namespace gradus::simt
