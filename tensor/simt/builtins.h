#pragma once
// CUDA's names for the emulated device. Only kernel files see this header, through
// tensor/cuda/kernel.h. There is no __activemask: which lanes happen to run together is no fact to
// build on, there or here.
#include <bit>
#include <cmath>

#include "tensor/simt/device.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

#define threadIdx (::gradus::simt::thread_index)
#define blockIdx (::gradus::simt::block_index)
#define blockDim (::gradus::simt::block_shape)
#define gridDim (::gradus::simt::grid_shape)
inline constexpr int warpSize = ::gradus::simt::kWarp;

// Vectors of neighbours, aligned as CUDA has them.
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

#define GRADUS_HERE ::gradus::simt::Here here = ::gradus::simt::Here::now()

// Barriers of the block.
inline void __syncthreads(GRADUS_HERE) {
  ::gradus::simt::barrier(::gradus::simt::Wait::kSyncthreads, false, here);
}
inline int __syncthreads_count(int predicate, GRADUS_HERE) {
  return ::gradus::simt::barrier(::gradus::simt::Wait::kSyncthreadsCount, predicate != 0, here).yes;
}
inline int __syncthreads_and(int predicate, GRADUS_HERE) {
  const auto votes =
      ::gradus::simt::barrier(::gradus::simt::Wait::kSyncthreadsAnd, predicate != 0, here);
  return votes.yes == votes.all;
}
inline int __syncthreads_or(int predicate, GRADUS_HERE) {
  return ::gradus::simt::barrier(::gradus::simt::Wait::kSyncthreadsOr, predicate != 0, here).yes >
         0;
}
inline void __threadfence_block() { ::gradus::simt::fence(); }
inline void __threadfence() { ::gradus::simt::fence(); }
inline void __threadfence_system() { ::gradus::simt::fence(); }

// Lanes of a warp.
inline void __syncwarp(unsigned mask = 0xffffffffu, GRADUS_HERE) {
  ::gradus::simt::meet(::gradus::simt::Wait::kSyncwarp, mask, 0, here);
}
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, GRADUS_HERE) {
  return ::gradus::simt::shuffle(mask, value, source, width, here);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize, GRADUS_HERE) {
  return ::gradus::simt::shuffle_up(mask, value, delta, width, here);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize, GRADUS_HERE) {
  return ::gradus::simt::shuffle_down(mask, value, delta, width, here);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int flip, int width = warpSize, GRADUS_HERE) {
  return ::gradus::simt::shuffle_xor(mask, value, flip, width, here);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, GRADUS_HERE) {
  ::gradus::simt::Meeting m;
  return ::gradus::simt::ballot(::gradus::simt::Wait::kBallot, mask, predicate != 0, m, here);
}
inline int __any_sync(unsigned mask, int predicate, GRADUS_HERE) {
  ::gradus::simt::Meeting m;
  return ::gradus::simt::ballot(::gradus::simt::Wait::kAny, mask, predicate != 0, m, here) != 0;
}
inline int __all_sync(unsigned mask, int predicate, GRADUS_HERE) {
  ::gradus::simt::Meeting m;
  return ::gradus::simt::ballot(::gradus::simt::Wait::kAll, mask, predicate != 0, m, here) ==
         m.present;
}
/// The lanes that brought the same value.
template <class T>
unsigned __match_any_sync(unsigned mask, T value, GRADUS_HERE) {
  const auto m = ::gradus::simt::meet(::gradus::simt::Wait::kMatchAny, mask,
                                      ::gradus::simt::to_slot(value), here);
  unsigned same = 0;
  for (unsigned rest = m.present; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (m.value[lane] == m.value[m.lane]) same |= 1u << lane;
  }
  return same;
}
template <class T>
T __reduce_add_sync(unsigned mask, T value, GRADUS_HERE) {
  return static_cast<T>(::gradus::simt::reduce_lanes(
      mask, static_cast<unsigned>(value), [](unsigned a, unsigned b) { return a + b; }, here));
}
template <class T>
T __reduce_min_sync(unsigned mask, T value, GRADUS_HERE) {
  return ::gradus::simt::reduce_lanes(
      mask, value, [](T a, T b) { return b < a ? b : a; }, here);
}
template <class T>
T __reduce_max_sync(unsigned mask, T value, GRADUS_HERE) {
  return ::gradus::simt::reduce_lanes(
      mask, value, [](T a, T b) { return a < b ? b : a; }, here);
}
inline unsigned __reduce_and_sync(unsigned mask, unsigned value, GRADUS_HERE) {
  return ::gradus::simt::reduce_lanes(
      mask, value, [](unsigned a, unsigned b) { return a & b; }, here);
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value, GRADUS_HERE) {
  return ::gradus::simt::reduce_lanes(
      mask, value, [](unsigned a, unsigned b) { return a | b; }, here);
}
inline unsigned __reduce_xor_sync(unsigned mask, unsigned value, GRADUS_HERE) {
  return ::gradus::simt::reduce_lanes(
      mask, value, [](unsigned a, unsigned b) { return a ^ b; }, here);
}
#undef GRADUS_HERE

// Bits.
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}
template <class T>
T __ldg(const T* at) {
  return *at;
}

#include "tensor/simt/atomics.h"
