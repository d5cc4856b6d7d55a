#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/sort.cu.cc.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"
#include "tensor/dtype.h"

namespace gradus::gpu {

/// Room for two orders of all elements.
struct SortRoom {
  void* keys;                ///< 2 rows n of 4 bytes, or of 8 where an element has 8
  std::uint32_t* positions;  ///< 2 rows n
};

/// For each row the positions of its elements in order: NaN above all, -0 as 0, equal elements in
/// the order they stand in, also when descending. So there is one order only, the CPU's. Pieces of
/// up to 1024 elements are sorted by exchanges in shared memory, then merged, twice as many at a
/// time. The result is one half of room.positions. Shapes: x [rows, n] without gaps, n < 2^32.
template <class Device>
const std::uint32_t* sort_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n,
                               const void* x, const SortRoom& room, void* stream);

/// index[r][i] = position[r][from + i], and value[r][i] the element of x[r] there, of `bytes`.
/// Shapes: x, position [rows, n]; index, value [rows, m]; value may be null.
template <class Device>
void pick_sorted(std::int64_t bytes, std::int64_t rows, std::int64_t n, std::int64_t from,
                 std::int64_t m, const void* x, const std::uint32_t* position, void* value,
                 std::int64_t* index, void* stream);

}  // namespace gradus::gpu
