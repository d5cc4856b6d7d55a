#pragma once
// Scans of rows, from what combines their elements. Only kernel files see this header.
#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

constexpr int kScanThreads = 128, kNeighbours = 8, kScanPiece = kScanThreads * kNeighbours;
constexpr std::int64_t kShortScan = 64;  // elements of a row that one thread scans alone

// An Op has a State, makes one of an element, combines two that follow each other, and writes one as
// the result at a position.

// A thread for each row.
template <class Op>
__global__ void scan_row(std::int64_t rows, std::int64_t n, const typename Op::Element* x, Op op) {
  for (std::int64_t row = first_position(); row < rows; row += all_threads()) {
    typename Op::State state = Op::start(x[row * n], 0);
    op.write(row * n, state);
    for (std::int64_t i = 1; i < n; ++i) {
      state = op.combine(state, Op::start(x[row * n + i], i));
      op.write(row * n + i, state);
    }
  }
}

// A block for each piece of 1024 elements, counted along the rows first. Leaves the state at the
// end of its piece in `totals` if that is wanted; else writes the results, behind what `before`,
// the totals of all pieces together with those in front of them, has for the piece in front.
template <class Op>
__global__ void scan_piece(std::int64_t n, std::int64_t pieces, const typename Op::Element* x,
                           Op op, typename Op::State* totals, const typename Op::State* before) {
  using State = typename Op::State;
  GRADUS_SHARED(typename Op::Element, element, [kScanPiece]);
  GRADUS_SHARED(State, ends, [2][kScanThreads]);
  const std::int64_t begin = blockIdx.x % pieces * kScanPiece, row = blockIdx.x / pieces * n;
  const int count = static_cast<int>(n - begin < kScanPiece ? n - begin : kScanPiece);
  const int t = threadIdx.x, first = t * kNeighbours;
  for (int i = t; i < count; i += kScanThreads) element[i] = x[row + begin + i];
  __syncthreads();
  const int last = first + kNeighbours < count ? first + kNeighbours : count;
  State state = {};
  if (first < count) {
    state = Op::start(element[first], begin + first);
    for (int i = first + 1; i < last; ++i) {
      state = op.combine(state, Op::start(element[i], begin + i));
    }
    ends[0][t] = state;
  }
  __syncthreads();
  // Each thread's end together with all before it: the distance doubles. Two halves by turns.
  int now = 0;
  for (int distance = 1; distance < kScanThreads; distance *= 2) {
    if (first < count) {
      ends[1 - now][t] =
          t < distance ? ends[now][t] : op.combine(ends[now][t - distance], ends[now][t]);
    }
    now = 1 - now;
    __syncthreads();
  }
  if (first >= count) return;
  if (totals != nullptr) {
    if (last == count) totals[blockIdx.x] = ends[now][t];
    return;
  }
  bool behind = t > 0;
  if (behind) state = ends[now][t - 1];
  if (begin > 0) {
    const State front = before[blockIdx.x - 1];
    state = behind ? op.combine(front, state) : front;
    behind = true;
  }
  for (int i = first; i < last; ++i) {
    const State here = Op::start(element[i], begin + i);
    state = i == first && !behind ? here : op.combine(state, here);
    op.write(row + begin + i, state);
  }
}

// Totals of pieces become those together with all pieces before them; a thread for each row.
template <class Op>
__global__ void scan_totals(std::int64_t rows, std::int64_t pieces, Op op,
                            typename Op::State* totals) {
  for (std::int64_t row = first_position(); row < rows; row += all_threads()) {
    typename Op::State* total = totals + row * pieces;
    for (std::int64_t i = 1; i < pieces; ++i) total[i] = op.combine(total[i - 1], total[i]);
  }
}

template <class Op>
void launch_scan(std::int64_t rows, std::int64_t n, const typename Op::Element* x, Op op,
                 void* scratch, void* stream) {
  if (rows == 0 || n == 0) return;
  if (n <= kShortScan) {
    GRADUS_LAUNCH(scan_row<Op>, launch_for(rows, stream), rows, n, x, op);
    return;
  }
  using State = typename Op::State;
  auto* totals = static_cast<State*>(scratch);
  const std::int64_t pieces = (n + kScanPiece - 1) / kScanPiece;
  const simt::Launch blocks{
      .grid = {static_cast<unsigned>(rows * pieces)}, .block = {kScanThreads}, .stream = stream};
  State* none = nullptr;
  if (pieces > 1) {
    GRADUS_LAUNCH(scan_piece<Op>, blocks, n, pieces, x, op, totals, none);
    GRADUS_LAUNCH(scan_totals<Op>, launch_for(rows, stream), rows, pieces, op, totals);
  }
  GRADUS_LAUNCH(scan_piece<Op>, blocks, n, pieces, x, op, none, totals);
}

}  // namespace gradus::GRADUS_GPU
