// Softmax of rows: a warp takes a short row, a block a long one. Both read it three times.
#include "tensor/cuda/softmax.h"

#include "tensor/cuda/kernel.h"

namespace gradus::GRADUS_GPU {

constexpr int kThreads = 128, kWarps = kThreads / 32;
constexpr std::int64_t kShort = 1024;  // elements that a warp takes alone

struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return larger(a, b);
  }
};
struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

// All lanes get op over the values of all lanes.
template <class Op, class T>
__device__ T warp_reduce(T value) {
  for (int flip = 1; flip < warpSize; flip *= 2) {
    value = Op{}(value, __shfl_xor_sync(0xffffffffu, value, flip));
  }
  return value;
}

// All threads get op over the values of all threads. `part` [kWarps] is free again when the next
// barrier is passed.
template <class Op, class T>
__device__ T block_reduce(T value, T* part) {
  value = warp_reduce<Op>(value);
  if (threadIdx.x % warpSize == 0) part[threadIdx.x / warpSize] = value;
  __syncthreads();
  T result = part[0];
  for (int w = 1; w < kWarps; ++w) result = Op{}(result, part[w]);
  return result;
}

template <class T>
__global__ void softmax_short_row(std::int64_t rows, std::int64_t n, const T* x, T* y) {
  const int lane = threadIdx.x % warpSize;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * kWarps + threadIdx.x / warpSize;
  if (row >= rows) return;  // the whole warp
  x += row * n;
  y += row * n;
  T most = -static_cast<T>(INFINITY);
  for (std::int64_t i = lane; i < n; i += warpSize) most = larger(most, x[i]);
  most = warp_reduce<Largest>(most);
  T sum = 0;
  for (std::int64_t i = lane; i < n; i += warpSize) sum += exp(x[i] - most);
  sum = warp_reduce<Plus>(sum);
  for (std::int64_t i = lane; i < n; i += warpSize) y[i] = exp(x[i] - most) / sum;
}

template <class T>
__global__ void softmax_row(std::int64_t n, const T* x, T* y) {
  GRADUS_SHARED(T, part_max, [kWarps]);
  GRADUS_SHARED(T, part_sum, [kWarps]);
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  T most = -static_cast<T>(INFINITY);
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) most = larger(most, x[i]);
  most = block_reduce<Largest>(most, part_max);
  T sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) sum += exp(x[i] - most);
  sum = block_reduce<Plus>(sum, part_sum);
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) y[i] = exp(x[i] - most) / sum;
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void softmax_rows(std::int64_t rows, std::int64_t n, const T* x, T* y, void* stream) {
  if (rows == 0 || n == 0) return;
  if (n <= kShort) {
    const simt::Launch launch{.grid = {static_cast<unsigned>((rows + kWarps - 1) / kWarps)},
                              .block = {kThreads},
                              .stream = stream};
    GRADUS_LAUNCH(softmax_short_row<T>, launch, rows, n, x, y);
    return;
  }
  const simt::Launch launch{
      .grid = {static_cast<unsigned>(rows)}, .block = {kThreads}, .stream = stream};
  GRADUS_LAUNCH(softmax_row<T>, launch, n, x, y);
}

template void softmax_rows<ThisDevice, float>(std::int64_t, std::int64_t, const float*, float*,
                                              void*);
template void softmax_rows<ThisDevice, double>(std::int64_t, std::int64_t, const double*, double*,
                                               void*);

}  // namespace gradus::gpu
