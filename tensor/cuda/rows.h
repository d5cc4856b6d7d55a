#pragma once
// Rows that several threads go through together: a warp takes a short one, a block a long one. Only
// kernel files see this header.
#include "tensor/cuda/combine.h"

namespace gradus::GRADUS_GPU {

constexpr int kRowThreads = 128, kRowWarps = kRowThreads / 32;
constexpr std::int64_t kShortRow = 1024;  // elements that a warp takes alone

// All lanes get op over the values of all lanes.
template <class Op, class T>
__device__ T warp_reduce(T value) {
  for (int flip = 1; flip < warpSize; flip *= 2) {
    value = Op{}(value, __shfl_xor_sync(0xffffffffu, value, flip));
  }
  return value;
}

// All threads get op over the values of all threads. `part`, one number for each warp, is free
// again when the next barrier is passed.
template <class Op, class T>
__device__ T block_reduce(T value, T* part) {
  value = warp_reduce<Op>(value);
  if (threadIdx.x % warpSize == 0) part[threadIdx.x / warpSize] = value;
  __syncthreads();
  T result = part[0];
  for (int w = 1; w * warpSize < static_cast<int>(blockDim.x); ++w) result = Op{}(result, part[w]);
  return result;
}

// A row as its threads see it: a warp's lanes, or a block's threads.
struct WarpOfRow {
  int thread, threads;
  template <class Op, class T>
  __device__ T reduce(T value) {
    return warp_reduce<Op>(value);
  }
};
struct BlockOfRow {
  int thread, threads;
  double* part;  // [kRowWarps] for each reduction
  template <class Op, class T>
  __device__ T reduce(T value) {
    double* own = part;
    part += kRowWarps;
    return static_cast<T>(block_reduce<Op>(static_cast<double>(value), own));
  }
};

__device__ inline std::int64_t short_row() {
  return static_cast<std::int64_t>(blockIdx.x) * kRowWarps + threadIdx.x / warpSize;
}
__device__ inline WarpOfRow this_warp() {
  return {static_cast<int>(threadIdx.x) % warpSize, warpSize};
}

inline simt::Launch launch_rows(std::int64_t rows, std::int64_t n, void* stream) {
  const std::int64_t blocks = n <= kShortRow ? (rows + kRowWarps - 1) / kRowWarps : rows;
  return {.grid = {static_cast<unsigned>(blocks)}, .block = {kRowThreads}, .stream = stream};
}

}  // namespace gradus::GRADUS_GPU
