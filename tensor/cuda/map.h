#pragma once
// What kernels share that do the same for each of n positions. Only kernel files see this header.
#include <type_traits>

#include "tensor/cuda/kernel.h"
#include "tensor/cuda/walk.h"

namespace gradus::GRADUS_GPU {

/// Where position i finds the elements of N operands.
template <int N>
struct Places {
  std::int64_t at[N];
};
/// Sizes are divided out from the last axis on.
template <int N>
__device__ inline Places<N> places(const gpu::ElementWalk& walk, std::int64_t i) {
  Places<N> places{};
  if (walk.rank == 0) {
    for (int k = 0; k < N; ++k) places.at[k] = i;
    return places;
  }
  for (int axis = walk.rank - 1; axis >= 0; --axis) {
    const std::int64_t index = i % walk.size[axis];
    i /= walk.size[axis];
    for (int k = 0; k < N; ++k) places.at[k] += index * walk.step[k][axis];
  }
  return places;
}

// Thread t takes the positions t, t + all, t + 2 all, ...: neighbours read neighbours, and the grid
// may have any size.
__device__ inline std::int64_t first_position() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t all_threads() {
  return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

/// For n > 0 positions: four for each thread.
inline simt::Launch launch_for(std::int64_t n, void* stream) {
  constexpr int kThreads = 256, kEach = 4;
  return {.grid = {static_cast<unsigned>((n + kThreads * kEach - 1) / (kThreads * kEach))},
          .block = {kThreads},
          .stream = stream};
}

/// f with an unsigned type of `bytes` bytes.
template <class F>
void for_size(std::int64_t bytes, F f) {
  switch (bytes) {
    case 1:
      return f(std::type_identity<std::uint8_t>{});
    case 2:
      return f(std::type_identity<std::uint16_t>{});
    case 4:
      return f(std::type_identity<std::uint32_t>{});
    default:
      return f(std::type_identity<std::uint64_t>{});
  }
}

}  // namespace gradus::GRADUS_GPU
