#pragma once
// The fixed tree of reductions over rows, the same as the CPU's (tensor/cpu/reduce.h): a row is cut
// into pieces of 1024 elements; 64 threads take those of a piece by turns, their 64 partial results
// are combined by halves. The results of the pieces are combined in pairs, pairs of pairs, and so
// on; one that is left over goes up as it is. Only kernel files see this header.
#include "tensor/cuda/combine.h"

namespace gradus::GRADUS_GPU {

constexpr int kPiece = 1024, kLanes = 64, kPairs = 512;

// What one of the 64 threads combines: every 64th element. `count` > 0 elements are there.
template <class Op, class T>
__device__ T lane_result(const T* x, int count) {
  const int lane = threadIdx.x;
  if (lane >= count) return T(0);  // nobody reads it
  T result = x[lane];
  for (int i = lane + kLanes; i < count; i += kLanes) result = Op{}(result, x[i]);
  return result;
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

template <class Op, class T>
__global__ void reduce_pieces(std::int64_t n, std::int64_t pieces, const T* x, T* y) {
  GRADUS_SHARED(T, upper, [kLanes / 2]);
  const Piece<T> piece = piece_of(x, n, pieces);
  const int lane = threadIdx.x, lanes = piece.count < kLanes ? piece.count : kLanes;
  T result = lane_result<Op>(piece.first, piece.count);
  if (lane >= warpSize) upper[lane - warpSize] = result;
  __syncthreads();
  if (lane >= warpSize) return;
  if (lane + warpSize < lanes) result = Op{}(result, upper[lane]);
  for (int half = warpSize / 2; half > 0; half /= 2) {
    const T right = __shfl_down_sync(0xffffffffu, result, half);
    if (lane < half && lane + half < lanes) result = Op{}(result, right);
  }
  if (lane == 0) y[blockIdx.x] = result;
}

// Combines up to 1024 results of pieces in pairs; blocks count the groups of 1024 of a row first.
template <class Op, class T>
__global__ void reduce_pairs(std::int64_t n, std::int64_t groups, const T* x, T* y) {
  GRADUS_SHARED(T, part, [kPiece]);
  const Piece<T> group = piece_of(x, n, groups);
  const int t = threadIdx.x;
  for (int i = t; i < group.count; i += kPairs) part[i] = group.first[i];
  __syncthreads();
  for (int count = group.count; count > 1; count = (count + 1) / 2) {
    T result = 0;
    if (2 * t + 1 < count) {
      result = Op{}(part[2 * t], part[2 * t + 1]);
    } else if (2 * t < count) {
      result = part[2 * t];
    }
    __syncthreads();
    if (2 * t < count) part[t] = result;
    __syncthreads();
  }
  if (t == 0) y[blockIdx.x] = part[0];
}

/// The whole tree over rows of n > 0 elements; `first` reduces pieces as reduce_pieces does, and is
/// launched with 64 threads a block.
template <class Op, class T, class First>
void launch_tree(std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch, void* stream,
                 First first) {
  const auto launch = [&](std::int64_t blocks, unsigned threads) {
    return simt::Launch{
        .grid = {static_cast<unsigned>(blocks)}, .block = {threads}, .stream = stream};
  };
  // Two halves of the scratch memory by turns, until one result is left for each row.
  T* other = scratch + rows * ((n + kPiece - 1) / kPiece);
  for (bool is_first = true; is_first || n > 1; is_first = false) {
    const std::int64_t pieces = (n + kPiece - 1) / kPiece;
    T* to = pieces == 1 ? y : scratch;
    if (is_first) {
      first(launch(rows * pieces, kLanes), n, pieces, x, to);
    } else {
      GRADUS_LAUNCH((reduce_pairs<Op, T>), launch(rows * pieces, kPairs), n, pieces, x, to);
    }
    x = to;
    scratch = other;
    other = const_cast<T*>(x);
    n = pieces;
  }
}
template <class Op, class T>
void launch_tree(std::int64_t rows, std::int64_t n, const T* x, T* y, T* scratch, void* stream) {
  launch_tree<Op>(
      rows, n, x, y, scratch, stream,
      [](const simt::Launch& launch, std::int64_t length, std::int64_t pieces, const T* from,
         T* to) { GRADUS_LAUNCH((reduce_pieces<Op, T>), launch, length, pieces, from, to); });
}

}  // namespace gradus::GRADUS_GPU
