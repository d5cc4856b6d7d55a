#pragma once
// What kernels call on the emulated device; tensor/simt/builtins.h gives these CUDA's names.
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "tensor/error.h"
#include "tensor/simt/shape.h"

namespace gradus::simt {

// The indices of the running thread. Programs are linked statically: the linker knows their
// distances from the thread's pointer. Left to look these up in a table, gcc 12 may do so by lea
// and a vector instruction; ld refuses that, gold silently makes a wrong address of it.
#define GRADUS_KNOWN_PLACE [[gnu::tls_model("local-exec")]]
GRADUS_KNOWN_PLACE extern constinit thread_local Dim3 thread_index;
GRADUS_KNOWN_PLACE extern constinit thread_local Dim3 block_index;
GRADUS_KNOWN_PLACE extern constinit thread_local Dim3 block_shape;
GRADUS_KNOWN_PLACE extern constinit thread_local Dim3 grid_shape;
#undef GRADUS_KNOWN_PLACE

inline constexpr int kWarp = 32;

/// What threads wait for. Those of one warp must wait for the same.
enum class Wait : std::uint8_t {
  kNothing,
  kSyncthreads,
  kSyncthreadsCount,
  kSyncthreadsAnd,
  kSyncthreadsOr,
  kSyncwarp,
  kShfl,
  kShflUp,
  kShflDown,
  kShflXor,
  kBallot,
  kAny,
  kAll,
  kMatchAny,
  kReduce,
};

/// How many threads of a block arrived at a barrier with predicate != 0, and how many there were.
struct Votes {
  int yes = 0, all = 0;
};

/// Waits until all threads of the block that have not returned are here. Throws DeviceError when
/// they wait at different lines.
Votes barrier(Wait kind, bool predicate, Here here);

/// What the lanes of a warp brought to a rendezvous: valid until the calling lane's next one.
struct Meeting {
  const std::uint64_t* value;
  std::uint32_t present;  // the lanes that came
  int lane;               // the calling one
};

/// Waits for all lanes of `mask` that have not returned. Throws DeviceError when the mask lacks the
/// calling lane or lanes wait for different things.
Meeting meet(Wait kind, std::uint32_t mask, std::uint64_t value, Here here);

/// The block's array for the variable known by `key`. Filled with ones in every bit (NaN) at the
/// start of each block. Throws DeviceError when static arrays exceed 48 KiB.
void* static_shared(const void* key, std::size_t bytes, const char* name, Here here);
/// The block's dynamic shared memory. Throws DeviceError when the launch asked for none.
void* dynamic_shared(Here here);

/// Orders the fences of a launch for TSan, in the order in which they run.
void fence();

/// Throws DeviceError with the kernel, block and thread: "[scale] x: message".
[[noreturn]] void fail(const char* message, Here here);

template <class T>
std::uint64_t to_slot(T value) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8, "at most 8 bytes are exchanged");
  std::uint64_t slot = 0;
  std::memcpy(&slot, &value, sizeof value);
  return slot;
}
template <class T>
T from_slot(std::uint64_t slot) {
  T value;
  std::memcpy(&value, &slot, sizeof value);
  return value;
}

/// The value of `source`, or ones in every bit where that lane did not come.
template <class T>
T value_of(const Meeting& meeting, int source) {
  return from_slot<T>(meeting.present >> source & 1 ? meeting.value[source] : ~std::uint64_t{0});
}

/// Throws unless width is a power of two up to 32.
inline void check_width(int width, Here here) {
  if (width < 1 || width > kWarp || (width & (width - 1)) != 0) {
    fail("width of a shuffle is no power of two up to 32", here);
  }
}

template <class T>
T shuffle(std::uint32_t mask, T value, int source, int width, Here here) {
  check_width(width, here);
  const Meeting m = meet(Wait::kShfl, mask, to_slot(value), here);
  return value_of<T>(m, (m.lane & ~(width - 1)) + (source & (width - 1)));
}
template <class T>
T shuffle_up(std::uint32_t mask, T value, unsigned delta, int width, Here here) {
  check_width(width, here);
  const Meeting m = meet(Wait::kShflUp, mask, to_slot(value), here);
  const bool inside = (m.lane & (width - 1)) >= static_cast<int>(delta);
  return inside ? value_of<T>(m, m.lane - static_cast<int>(delta)) : value;
}
template <class T>
T shuffle_down(std::uint32_t mask, T value, unsigned delta, int width, Here here) {
  check_width(width, here);
  const Meeting m = meet(Wait::kShflDown, mask, to_slot(value), here);
  const bool inside = (m.lane & (width - 1)) + static_cast<int>(delta) < width;
  return inside ? value_of<T>(m, m.lane + static_cast<int>(delta)) : value;
}
// Lanes of later segments may be read by earlier ones only, as on the hardware.
template <class T>
T shuffle_xor(std::uint32_t mask, T value, int flip, int width, Here here) {
  check_width(width, here);
  const Meeting m = meet(Wait::kShflXor, mask, to_slot(value), here);
  const int source = m.lane ^ flip;
  const bool inside = source < kWarp && source < (m.lane & ~(width - 1)) + width;
  return inside ? value_of<T>(m, source) : value;
}

/// f combined over the lanes that came, lowest first.
template <class T, class F>
T reduce_lanes(std::uint32_t mask, T value, F f, Here here) {
  const Meeting m = meet(Wait::kReduce, mask, to_slot(value), here);
  std::uint32_t rest = m.present;
  T result = value_of<T>(m, __builtin_ctz(rest));
  for (rest &= rest - 1; rest != 0; rest &= rest - 1) {
    result = f(result, value_of<T>(m, __builtin_ctz(rest)));
  }
  return result;
}

/// The lanes that came with a predicate that is not 0.
inline std::uint32_t ballot(Wait kind, std::uint32_t mask, bool predicate, Meeting& m, Here here) {
  m = meet(kind, mask, predicate, here);
  std::uint32_t yes = 0;
  for (std::uint32_t rest = m.present; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctz(rest);
    yes |= static_cast<std::uint32_t>(m.value[lane]) << lane;
  }
  return yes;
}

}  // namespace gradus::simt
