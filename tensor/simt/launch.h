#pragma once
// Launches on the emulated device; the macro GRADUS_LAUNCH of tensor/cuda/kernel.h calls this.
#include <string_view>
#include <tuple>
#include <type_traits>

#include "tensor/simt/device.h"
#include "tensor/simt/schedule.h"

namespace gradus::simt {

/// A kernel with its arguments, as the scheduler sees it.
struct Grid {
  std::string_view kernel;
  Launch launch;
  void (*call)(const void* arguments);
  const void* arguments;
};

/// One pointer argument of a launch, and its number, from 1.
struct PointerArgument {
  const void* pointer;
  int number;
};

/// Checks limits and pointers, runs all blocks, and returns when they are done. Throws DeviceError:
///   "[scale] block: 2048 threads; expected 1..1024"                     and the like for limits,
///   "[scale] argument 2: 0x7ffe is no device memory; expected ..."      a host pointer,
///   "[scale] argument 2: bytes around its 64 were written; ..."         out of bounds (without
///                                                                       ASan, which tells the
///                                                                       line)
///   "[scale] __syncthreads: ... wait at a.cc:3 and ... at a.cc:9; ..."  divergence,
/// and whatever the kernel throws.
void run_grid(const Grid& grid, const PointerArgument* pointers, std::size_t count);

// CUDA's limit for the arguments of one launch that holds for every card.
inline constexpr std::size_t kArgumentBytes = 4096;

/// A structure with pointers shows them to the launch by visit_pointers(f), which calls f(pointer).
template <class T>
concept ShowsPointers = requires(const T& x) {
  x.visit_pointers([](const void*) {});
};

template <class Kernel, class... T>
struct Call {
  Kernel kernel;
  std::tuple<T...> arguments;

  static void run(const void* self) {
    const Call& call = *static_cast<const Call*>(self);
    std::apply(call.kernel, call.arguments);
  }
};

/// "scale<float>" of "(scale<float>)", as a kernel whose name has commas is written.
constexpr std::string_view kernel_name(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')')) return text.substr(1, text.size() - 2);
  return text;
}

/// `kernel` is a function object that calls the kernel.
template <class Kernel, class... T>
void launch(std::string_view name, const Launch& shape, Kernel kernel, T... arguments) {
  static_assert((std::is_trivially_copyable_v<T> && ...), "kernels take plain values");
  static_assert((sizeof(T) + ... + 0) <= kArgumentBytes, "too many bytes of arguments");
  PointerArgument pointers[64] = {};
  std::size_t count = 0;
  int number = 0;
  const auto add = [&](const void* pointer) {
    if (pointer != nullptr && count < 64) pointers[count++] = {pointer, number};
  };
  [[maybe_unused]] const auto look = [&]<class A>(const A& argument) {
    ++number;
    if constexpr (std::is_pointer_v<A>) {
      add(argument);
    } else if constexpr (ShowsPointers<A>) {
      argument.visit_pointers(add);
    }
  };
  (look(arguments), ...);
  const Call<Kernel, T...> call{kernel, {arguments...}};
  run_grid({name, shape, &Call<Kernel, T...>::run, &call}, pointers, count);
}

/// Counts since the calling thread started, for tests and measurements.
struct Counts {
  std::uint64_t launches = 0, blocks = 0, threads = 0, switches = 0, barriers = 0, meetings = 0;
};
const Counts& counts();

/// What the emulated device does not show. Programs print it when they first use the device.
std::string_view limits();

}  // namespace gradus::simt
