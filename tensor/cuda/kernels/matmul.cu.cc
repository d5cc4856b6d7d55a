// Matrix products, as they are taught: with and without tiles in shared memory.
#include "tensor/cuda/matmul.h"

#include "tensor/cuda/kernel.h"

namespace gradus::GRADUS_GPU {

constexpr int kTile = 32;

__device__ inline float multiply_add(float a, float b, float sum) { return ::fmaf(a, b, sum); }
__device__ inline double multiply_add(double a, double b, double sum) { return ::fma(a, b, sum); }
__device__ inline std::int64_t multiply_add(std::int64_t a, std::int64_t b, std::int64_t sum) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b) +
                                   static_cast<std::uint64_t>(sum));  // wraps
}

template <class T>
__global__ void matmul_naive(std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
                             T* c) {
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (at >= m * n) return;
  const std::int64_t row = at / n, column = at % n;
  T sum = 0;
  for (std::int64_t i = 0; i < k; ++i) sum = multiply_add(a[row * k + i], b[i * n + column], sum);
  c[at] = sum;
}

// One block for each tile of c, counted along the rows first. Beyond the edges the tiles hold 0,
// where k ends the loop ends, so that no zeros are added.
template <class T>
__global__ void matmul_tiled(std::int64_t m, std::int64_t n, std::int64_t k,
                             std::int64_t tiles_across, const T* a, const T* b, T* c) {
  GRADUS_SHARED(T, tile_a, [kTile][kTile]);
  GRADUS_SHARED(T, tile_b, [kTile][kTile]);
  const int x = threadIdx.x, y = threadIdx.y;
  const std::int64_t row = blockIdx.x / tiles_across * kTile + y;
  const std::int64_t column = blockIdx.x % tiles_across * kTile + x;
  T sum = 0;
  for (std::int64_t first = 0; first < k; first += kTile) {
    tile_a[y][x] = row < m && first + x < k ? a[row * k + first + x] : T(0);
    tile_b[y][x] = column < n && first + y < k ? b[(first + y) * n + column] : T(0);
    __syncthreads();  // the tiles are complete
    const int count = k - first < kTile ? static_cast<int>(k - first) : kTile;
    for (int i = 0; i < count; ++i) sum = multiply_add(tile_a[y][i], tile_b[i][x], sum);
    __syncthreads();  // nobody reads them any more
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void matmul(MatmulRung rung, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b,
            T* c, void* stream) {
  if (m == 0 || n == 0) return;
  simt::Launch launch;
  launch.stream = stream;
  if (rung == MatmulRung::kNaive) {
    constexpr int kThreads = 256;
    launch.grid.x = static_cast<unsigned>((m * n + kThreads - 1) / kThreads);
    launch.block.x = kThreads;
    GRADUS_LAUNCH(matmul_naive<T>, launch, m, n, k, a, b, c);
    return;
  }
  const std::int64_t down = (m + kTile - 1) / kTile, across = (n + kTile - 1) / kTile;
  launch.grid.x = static_cast<unsigned>(down * across);
  launch.block = {kTile, kTile};
  GRADUS_LAUNCH(matmul_tiled<T>, launch, m, n, k, across, a, b, c);
}

#define GRADUS_INSTANTIATE(T)                                                               \
  template void matmul<ThisDevice, T>(MatmulRung, std::int64_t, std::int64_t, std::int64_t, \
                                      const T*, const T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
