#pragma once
// The shape of a launch, for g++ and nvcc alike.
#include <cstddef>

namespace gradus::simt {

/// Three sizes or three positions.
struct Dim3 {
  unsigned x = 1, y = 1, z = 1;

  constexpr std::size_t count() const { return std::size_t{x} * y * z; }
  bool operator==(const Dim3&) const = default;
};

/// How a kernel is launched: blocks in the grid, threads in a block, bytes of dynamic shared memory
/// for each block. More than 48 KiB of static and dynamic shared memory together must be asked for
/// with `large_shared`, as CUDA has it.
struct Launch {
  Dim3 grid, block;
  std::size_t shared_bytes = 0;
  bool large_shared = false;
  void* stream = nullptr;  ///< a cudaStream_t; the emulated device runs every kernel at once
};

/// A line of a source file. As a default argument, `Here here = Here::now()` is the caller's.
struct Here {
  const char* file = "";
  int line = 0;

  static constexpr Here now(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace gradus::simt
