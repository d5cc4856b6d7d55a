// The ladder of reductions: sums of rows. The fastest rung is the tree of tensor/cuda/tree.h.
#include "tensor/cuda/sum.h"

#include "tensor/cuda/kernel.h"
#include "tensor/cuda/tree.h"

namespace gradus::GRADUS_GPU {

template <class T>
__global__ void sum_naive(std::int64_t rows, std::int64_t n, const T* x, T* y) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  T sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[row * n + i];
  y[row] = sum;
}

template <class T>
__global__ void sum_shared(std::int64_t n, std::int64_t pieces, const T* x, T* y) {
  GRADUS_SHARED(T, part, [kLanes]);
  const Piece<T> piece = piece_of(x, n, pieces);
  const int lane = threadIdx.x, lanes = piece.count < kLanes ? piece.count : kLanes;
  part[lane] = lane_result<Plus>(piece.first, piece.count);
  __syncthreads();
  for (int half = kLanes / 2; half > 0; half /= 2) {
    if (lane < half && lane + half < lanes) part[lane] += part[lane + half];
    __syncthreads();
  }
  if (lane == 0) y[blockIdx.x] = part[0];
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void sum_rows(SumRung rung, std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch,
              void* stream) {
  if (rows == 0) return;
  if (rung == SumRung::kNaive || n == 0) {
    constexpr int kThreads = 256;
    const simt::Launch launch{.grid = {static_cast<unsigned>((rows + kThreads - 1) / kThreads)},
                              .block = {kThreads},
                              .stream = stream};
    GRADUS_LAUNCH(sum_naive<T>, launch, rows, n, x, y);
  } else if (rung == SumRung::kShuffle) {
    launch_tree<Plus>(rows, n, x, y, scratch, stream);
  } else {
    launch_tree<Plus>(
        rows, n, x, y, scratch, stream,
        [](const simt::Launch& launch, std::int64_t length, std::int64_t pieces, const T* from,
           T* to) { GRADUS_LAUNCH(sum_shared<T>, launch, length, pieces, from, to); });
  }
}

#define GRADUS_INSTANTIATE(T)                                                                  \
  template void sum_rows<ThisDevice, T>(SumRung, std::int64_t, std::int64_t, const T*, T*, T*, \
                                        void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
