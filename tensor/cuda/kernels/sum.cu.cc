// The ladder of reductions: sums of rows. A row is cut into pieces of 1024 elements; 64 threads
// take those of a piece by turns, their 64 partial sums are combined by halves. The sums of the
// pieces are combined in pairs, pairs of pairs, and so on; one that is left over goes up as it is.
#include "tensor/cuda/sum.h"

#include "tensor/cuda/kernel.h"

namespace gradus::GRADUS_GPU {

constexpr int kPiece = 1024, kLanes = 64, kPairs = 512, kThreads = 256;

template <class T>
__global__ void sum_naive(std::int64_t rows, std::int64_t n, const T* x, T* y) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  T sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[row * n + i];
  y[row] = sum;
}

// What one of the 64 threads adds up: every 64th element. `count` > 0 elements are there.
template <class T>
__device__ T lane_sum(const T* x, int count) {
  const int lane = threadIdx.x;
  if (lane >= count) return T(0);
  T sum = x[lane];
  for (int i = lane + kLanes; i < count; i += kLanes) sum += x[i];
  return sum;
}

// The block's piece of its row: blocks count the pieces of a row first.
template <class T>
struct Piece {
  const T* first;
  int count;
};
template <class T>
__device__ Piece<T> piece_of(const T* x, std::int64_t n, std::int64_t pieces) {
  const std::int64_t row = blockIdx.x / pieces, begin = blockIdx.x % pieces * kPiece;
  return {x + row * n + begin, static_cast<int>(n - begin < kPiece ? n - begin : kPiece)};
}

template <class T>
__global__ void sum_shared(std::int64_t n, std::int64_t pieces, const T* x, T* y) {
  GRADUS_SHARED(T, part, [kLanes]);
  const Piece<T> piece = piece_of(x, n, pieces);
  const int lane = threadIdx.x, lanes = piece.count < kLanes ? piece.count : kLanes;
  part[lane] = lane_sum(piece.first, piece.count);
  __syncthreads();
  for (int half = kLanes / 2; half > 0; half /= 2) {
    if (lane < half && lane + half < lanes) part[lane] += part[lane + half];
    __syncthreads();
  }
  if (lane == 0) y[blockIdx.x] = part[0];
}

template <class T>
__global__ void sum_shuffle(std::int64_t n, std::int64_t pieces, const T* x, T* y) {
  GRADUS_SHARED(T, upper, [kLanes / 2]);
  const Piece<T> piece = piece_of(x, n, pieces);
  const int lane = threadIdx.x, lanes = piece.count < kLanes ? piece.count : kLanes;
  T sum = lane_sum(piece.first, piece.count);
  if (lane >= warpSize) upper[lane - warpSize] = sum;
  __syncthreads();
  if (lane >= warpSize) return;
  if (lane + warpSize < lanes) sum += upper[lane];
  for (int half = warpSize / 2; half > 0; half /= 2) {
    const T right = __shfl_down_sync(0xffffffffu, sum, half);
    if (lane < half && lane + half < lanes) sum += right;
  }
  if (lane == 0) y[blockIdx.x] = sum;
}

// Combines up to 1024 sums of pieces in pairs; blocks count the groups of 1024 of a row first.
template <class T>
__global__ void sum_pairs(std::int64_t n, std::int64_t groups, const T* x, T* y) {
  GRADUS_SHARED(T, part, [kPiece]);
  const Piece<T> group = piece_of(x, n, groups);
  const int t = threadIdx.x;
  for (int i = t; i < group.count; i += kPairs) part[i] = group.first[i];
  __syncthreads();
  for (int count = group.count; count > 1; count = (count + 1) / 2) {
    T sum = 0;
    if (2 * t + 1 < count) {
      sum = part[2 * t] + part[2 * t + 1];
    } else if (2 * t < count) {
      sum = part[2 * t];
    }
    __syncthreads();
    if (2 * t < count) part[t] = sum;
    __syncthreads();
  }
  if (t == 0) y[blockIdx.x] = part[0];
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void sum_rows(SumRung rung, std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch,
              void* stream) {
  if (rows == 0) return;
  const auto launch = [&](std::int64_t blocks, unsigned threads) {
    return simt::Launch{
        .grid = {static_cast<unsigned>(blocks)}, .block = {threads}, .stream = stream};
  };
  if (rung == SumRung::kNaive || n == 0) {
    GRADUS_LAUNCH(sum_naive<T>, launch((rows + kThreads - 1) / kThreads, kThreads), rows, n, x, y);
    return;
  }
  // Two halves of the scratch memory by turns, until one sum is left for each row.
  T* other = scratch + rows * ((n + kPiece - 1) / kPiece);
  for (bool first = true; first || n > 1; first = false) {
    const std::int64_t pieces = (n + kPiece - 1) / kPiece;
    T* to = pieces == 1 ? y : scratch;
    if (!first) {
      GRADUS_LAUNCH(sum_pairs<T>, launch(rows * pieces, kPairs), n, pieces, x, to);
    } else if (rung == SumRung::kShared) {
      GRADUS_LAUNCH(sum_shared<T>, launch(rows * pieces, kLanes), n, pieces, x, to);
    } else {
      GRADUS_LAUNCH(sum_shuffle<T>, launch(rows * pieces, kLanes), n, pieces, x, to);
    }
    x = to;
    scratch = other;
    other = const_cast<T*>(x);
    n = pieces;
  }
}

#define GRADUS_INSTANTIATE(T)                                                                  \
  template void sum_rows<ThisDevice, T>(SumRung, std::int64_t, std::int64_t, const T*, T*, T*, \
                                        void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
