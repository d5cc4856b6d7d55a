// Kernels with one bug each, and the same kernels without, which `planted right` runs all.
// `planted NAME SCHEDULE` runs one and prints "right", "wrong" or the error;
// tests/simt/planted_bugs_test.cc builds it plainly, with ASan and UBSan, and with TSan, and finds
// the lines marked "bug:" in the reports.
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tensor/cuda/kernel.h"
#include "tensor/simt/memory.h"

namespace gradus::GRADUS_GPU {

using simt::Launch;

enum Bug { kNone, kFirstBarrier, kSecondBarrier, kEdge, kIndex, kBefore, kRace };

constexpr int kThreads = 64, kTile = 8;

// The sum of each block's elements, halving from 32 on.
template <Bug bug>
__global__ void block_sum(const float* x, float* y) {
  GRADUS_SHARED(float, part, [kThreads]);
  const unsigned t = threadIdx.x;
  part[t] = x[blockIdx.x * kThreads + t];
  __syncthreads();
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    if (t < half) {
      part[t] = part[t] + part[t + half];  // bug: block_sum
    }
    if constexpr (bug != kFirstBarrier) __syncthreads();
  }
  if (t == 0) y[blockIdx.x] = part[0];
}

// c = a b for square matrices of n rows.
template <Bug bug>
__global__ void matmul(int n, const float* a, const float* b, float* c) {
  GRADUS_SHARED(float, tile_a, [kTile][kTile]);
  GRADUS_SHARED(float, tile_b, [kTile][kTile]);
  const int column = blockIdx.x * kTile + threadIdx.x, row = blockIdx.y * kTile + threadIdx.y;
  float sum = 0;
  for (int k = 0; k < n; k += kTile) {
    const bool a_inside = bug == kEdge || (row < n && k + static_cast<int>(threadIdx.x) < n);
    const bool b_inside = bug == kEdge || (column < n && k + static_cast<int>(threadIdx.y) < n);
    const long at_a = static_cast<long>(row) * n + k + threadIdx.x;
    tile_a[threadIdx.y][threadIdx.x] = a_inside ? a[at_a] : 0;  // bug: edge
    tile_b[threadIdx.y][threadIdx.x] =                          // bug: write_tile
        b_inside ? b[static_cast<long>(k + threadIdx.y) * n + column] : 0;
    if constexpr (bug != kFirstBarrier) __syncthreads();
    for (int j = 0; j < kTile; ++j) {
      sum += tile_a[threadIdx.y][j] * tile_b[j][threadIdx.x];  // bug: read_tile
    }
    if constexpr (bug != kSecondBarrier) __syncthreads();
  }
  if (row < n && column < n) c[row * n + column] = sum;
}

// y[t] = x[t + 1], around the end, through shared memory.
template <Bug bug>
__global__ void shift(const float* x, float* y) {
  GRADUS_SHARED(float, values, [kThreads]);
  values[threadIdx.x] = x[threadIdx.x];  // bug: shift_write
  if constexpr (bug != kFirstBarrier) __syncthreads();
  y[threadIdx.x] = values[(threadIdx.x + 1) % kThreads];  // bug: shift_read
}

// How many elements there are, counted in shared memory.
template <Bug bug>
__global__ void count(const float* x, float* y) {
  GRADUS_SHARED(int, counter, [1]);
  if (threadIdx.x == 0) counter[0] = 0;
  __syncthreads();
  if (x[threadIdx.x] > 0) {
    if constexpr (bug == kRace) {
      counter[0]++;  // bug: count
    } else {
      atomicAdd(&counter[0], 1);
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) y[0] = static_cast<float>(counter[0]);
}

// y[0] += the first element of each block, over all blocks.
template <Bug bug>
__global__ void add_blocks(const float* x, float* y) {
  if (threadIdx.x != 0) return;
  if constexpr (bug == kRace) {
    y[0] += x[blockIdx.x];  // bug: add_blocks
  } else {
    atomicAdd(y, x[blockIdx.x]);
  }
}

template <Bug bug>
__global__ void scale(int n, const float* x, float* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int to = bug == kBefore ? i - 1 : i;
  if (bug == kIndex ? i <= n : i < n) {
    y[to] = 2 * x[i < n ? i : 0];  // bug: scale
  }
}

template <Bug bug>
__global__ void static_array(const float* x, float* y) {
  GRADUS_SHARED(float, values, [kThreads]);
  const unsigned at = threadIdx.x + (bug == kIndex ? 1 : 0);
  values[at] = x[threadIdx.x];  // bug: static_array
  y[threadIdx.x] = values[at];
}

template <Bug bug>
__global__ void dynamic_array(const float* x, float* y) {
  GRADUS_DYNAMIC_SHARED(float, values);
  const unsigned at = threadIdx.x + (bug == kIndex ? 1 : 0);
  values[at] = x[threadIdx.x];  // bug: dynamic_array
  y[threadIdx.x] = values[at];
}

// Four elements at a time, from x + 1: not aligned. By a plain cast, as in CUDA.
template <Bug bug>
__global__ void vectors(const float* x, float* y) {
  const auto* from = reinterpret_cast<const float4*>(x + (bug == kIndex ? 1 : 0));
  const float four = from[threadIdx.x].w;  // bug: vectors
  y[threadIdx.x] = four;
}
template <Bug bug>
__global__ void checked_vectors(const float* x, float* y) {
  const float4* from = aligned<float4>(x + (bug == kIndex ? 1 : 0));  // bug: checked_vectors
  y[threadIdx.x] = from[threadIdx.x].w;
}

template <Bug bug>
__global__ void diverge(float* y) {
  if (bug == kFirstBarrier && threadIdx.x < 16) {
    __syncthreads();  // bug: diverge_first
  } else {
    __syncthreads();  // bug: diverge_second
  }
  y[threadIdx.x] = 1;
}

template <Bug bug>
__global__ void half_warp(float* y) {
  float value = static_cast<float>(threadIdx.x);
  if (bug == kNone || threadIdx.x < 16) {
    value = __shfl_down_sync(0xffffffffu, value, 16);  // bug: half_warp
  }
  if (threadIdx.x >= 16 || bug == kNone) __syncthreads();  // bug: half_warp_barrier
  y[threadIdx.x] = value;
}

// Lanes of one warp hand values on through shared memory.
template <Bug bug>
__global__ void within_warp(const float* x, float* y) {
  GRADUS_SHARED(float, values, [32]);
  values[threadIdx.x] = x[threadIdx.x];
  if constexpr (bug != kFirstBarrier) __syncwarp();
  y[threadIdx.x] = values[31 - threadIdx.x];  // bug: within_warp
}

template <Bug bug>
__global__ void unset(float* y) {
  GRADUS_SHARED(float, values, [kThreads]);
  if (bug == kNone) values[threadIdx.x] = 1;
  y[threadIdx.x] = values[threadIdx.x];
}

}  // namespace gradus::GRADUS_GPU

namespace {

using namespace gradus;
using namespace gradus::cuda_emulated;

// Device memory with the numbers first, first + 1, ...; all is given back at the end of the test.
struct Memory {
  std::vector<void*> all;
  ~Memory() {
    for (void* memory : all) try {
        simt::release(memory);
      } catch (const Error&) {  // it was reported before
      }
  }
  float* make(int n, float first) {
    auto* memory = static_cast<float*>(simt::allocate(n * sizeof(float)));
    for (int i = 0; i < n; ++i) memory[i] = first + static_cast<float>(i % 13);
    all.push_back(memory);
    return memory;
  }
};

template <class F>
bool all_equal(const float* y, int n, F expected) {
  for (int i = 0; i < n; ++i) {
    if (!(y[i] == expected(i))) return false;
  }
  return true;
}

float sum_of(const float* x, int n) {
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += x[i];
  return sum;
}

template <Bug bug>
bool run_matmul(int n) {
  Memory memory;
  float *a = memory.make(n * n, 1), *b = memory.make(n * n, -3), *c = memory.make(n * n, 0);
  const unsigned blocks = (n + kTile - 1) / kTile;
  GRADUS_LAUNCH(matmul<bug>, (Launch{{blocks, blocks}, {kTile, kTile}}), n, a, b, c);
  return all_equal(c, n * n, [&](int i) {
    float sum = 0;
    for (int k = 0; k < n; ++k) sum += a[i / n * n + k] * b[k * n + i % n];
    return sum;
  });
}

// Of kernels with arguments x and y, one block of `threads`.
template <class F, class G>
bool run_simple(F launch, G expected, int threads = kThreads, unsigned blocks = 1, int n = 0) {
  Memory memory;
  float *x = memory.make(threads * 4 * blocks, 1), *y = memory.make(n > 0 ? n : threads, 0);
  launch(Launch{{blocks}, {static_cast<unsigned>(threads)}}, x, y);
  return all_equal(y, n > 0 ? n : threads, [&](int i) { return expected(x, i); });
}

#define SIMPLE(kernel, bug, expected, ...)                                                       \
  [] {                                                                                           \
    return run_simple(                                                                           \
        [](Launch launch, float* x, float* y) {                                                  \
          launch.shared_bytes = kThreads * sizeof(float);                                        \
          GRADUS_LAUNCH(kernel<bug>, launch, x, y);                                              \
        },                                                                                       \
        [](const float* x, int i) -> float { return (void)x, (void)i, expected; } __VA_OPT__(, ) \
                                      __VA_ARGS__);                                              \
  }

template <Bug bug>
bool run_scale() {
  Memory memory;
  const int n = 100;
  float *x = memory.make(n, 1), *y = memory.make(n, 0);
  GRADUS_LAUNCH(scale<bug>, (Launch{{2}, {kThreads}}), n, x, y);
  return all_equal(y, n, [&](int i) { return 2 * x[i]; });
}

template <class F>
bool run_y(F launch, float (*expected)(int)) {
  Memory memory;
  float* y = memory.make(kThreads, 0);
  launch(y);
  return all_equal(y, 32, expected);
}
#define ONLY_Y(kernel, bug, expected)                         \
  [] {                                                        \
    return run_y(                                             \
        [](float* y) {                                        \
          GRADUS_LAUNCH(kernel<bug>, (Launch{{1}, {32}}), y); \
        },                                                    \
        [](int i) -> float { return (void)i, expected; });    \
  }

bool host_pointer() {
  Memory memory;
  float on_host[kThreads] = {};
  GRADUS_LAUNCH(shift<kNone>, (Launch{{1}, {kThreads}}), memory.make(kThreads, 1), on_host);
  return true;
}

bool leak() {
  static_cast<void>(simt::allocate(64));  // bug: leak
  return true;
}

const std::map<std::string, std::function<bool()>> kCases = {
    {"block_sum", SIMPLE(block_sum, kNone, sum_of(x + 64 * i, 64), 64, 3, 3)},
    {"block_sum_bug", SIMPLE(block_sum, kFirstBarrier, sum_of(x + 64 * i, 64), 64, 3, 3)},
    {"matmul", [] { return run_matmul<kNone>(24) && run_matmul<kNone>(21); }},
    {"matmul_first_bug", [] { return run_matmul<kFirstBarrier>(24); }},
    {"matmul_second_bug", [] { return run_matmul<kSecondBarrier>(24); }},
    {"edge_bug", [] { return run_matmul<kEdge>(21); }},
    {"shift", SIMPLE(shift, kNone, x[(i + 1) % 64])},
    {"shift_bug", SIMPLE(shift, kFirstBarrier, x[(i + 1) % 64])},
    {"count", SIMPLE(count, kNone, 64, 64, 1, 1)},
    {"count_bug", SIMPLE(count, kRace, 64, 64, 1, 1)},
    {"add_blocks", SIMPLE(add_blocks, kNone, sum_of(x, 5), 64, 5, 1)},
    {"add_blocks_bug", SIMPLE(add_blocks, kRace, sum_of(x, 5), 64, 5, 1)},
    {"scale", run_scale<kNone>},
    {"behind_bug", run_scale<kIndex>},
    {"before_bug", run_scale<kBefore>},
    {"static_array", SIMPLE(static_array, kNone, x[i])},
    {"static_array_bug", SIMPLE(static_array, kIndex, x[i])},
    {"dynamic_array", SIMPLE(dynamic_array, kNone, x[i])},
    {"dynamic_array_bug", SIMPLE(dynamic_array, kIndex, x[i])},
    {"vectors", SIMPLE(vectors, kNone, x[4 * i + 3])},
    {"vectors_bug", SIMPLE(vectors, kIndex, x[4 * i + 4], 32)},
    {"checked_vectors", SIMPLE(checked_vectors, kNone, x[4 * i + 3])},
    {"checked_vectors_bug", SIMPLE(checked_vectors, kIndex, x[4 * i + 4], 32)},
    {"diverge", ONLY_Y(diverge, kNone, 1)},
    {"diverge_bug", ONLY_Y(diverge, kFirstBarrier, 1)},
    {"half_warp", ONLY_Y(half_warp, kNone, i < 16 ? i + 16 : i)},
    {"half_warp_bug", ONLY_Y(half_warp, kFirstBarrier, i)},
    {"within_warp", SIMPLE(within_warp, kNone, x[31 - i], 32)},
    {"within_warp_bug", SIMPLE(within_warp, kFirstBarrier, x[31 - i], 32)},
    {"unset", ONLY_Y(unset, kNone, 1)},
    {"unset_bug", ONLY_Y(unset, kIndex, 1)},
    {"host_pointer_bug", host_pointer},
    {"leak_bug", leak},
};

// Runs one of them; "right", "wrong" or the error.
std::string run(const std::function<bool()>& f) {
  try {
    return f() ? "right" : "wrong";
  } catch (const Error& error) {
    return std::string("error: ") + error.what();
  }
}

// All kernels without bugs, in all schedules; names those that are not right.
int run_right_ones() {
  int count = 0;
  for (const char* schedule : {"ascending", "descending", "seeded:1"}) {
    const simt::UseSchedule use(simt::parse_schedule(schedule));
    for (const auto& [name, f] : kCases) {
      if (name.ends_with("_bug")) continue;
      const std::string result = run(f);
      count += result == "right";
      if (result != "right") std::printf("%s, %s: %s\n", name.c_str(), schedule, result.c_str());
    }
  }
  std::printf("%d right\n", count);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && words[1] == std::string("right")) return run_right_ones();
  if (count != 3) return 2;
  const auto found = kCases.find(words[1]);
  if (found == kCases.end()) return 2;
  const simt::UseSchedule use(simt::parse_schedule(words[2]));
  std::puts(run(found->second).c_str());
  return 0;
}
