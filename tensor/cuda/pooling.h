#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/pooling.cu.cc. A
// channel is one image; all tensors are without gaps.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// Windows along two axes (tensor/pool_windows.h). Where they begin and end, and how many elements
/// of each count, stands in a table: `windows` numbers of each, first down, then across.
struct PoolPlane {
  std::int64_t height, width, down, across;  ///< sizes of a channel; windows
  std::int64_t step_down, step_across;       ///< from one element of a window to the next
  std::int64_t divisor;                      ///< of means; 0: what counts
  std::int64_t size() const { return height * width; }
  std::int64_t windows() const { return down * across; }
};

/// y[c][i] = the mean of window i. Shapes: x [channels, height, width], table [3 (down + across)],
/// y [channels, down, across]. Sums go row by row as on the CPU.
template <class Device, class T>
void average_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                     const T* x, T* y, void* stream);

/// The transpose: x[c][j] = what the windows that have element j give it, in their order.
template <class Device, class T>
void spread_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                    const T* y, T* x, void* stream);

/// The largest element of each window and its place in the channel, see tensor/pooling.h.
template <class Device, class T>
void largest_in_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                        const T* x, T* y, std::int64_t* index, void* stream);

/// y[c][i] = x[c][index[c][i]], 0 for an index below 0. Elements of `bytes`.
/// Shapes: x [channels, size], index and y [channels, count].
template <class Device>
void pick_from_channels(std::int64_t bytes, std::int64_t channels, std::int64_t size,
                        std::int64_t count, const void* x, const std::int64_t* index, void* y,
                        void* stream);

/// x[c][j] = sum of y[c][i] whose index is j, in their order; a thread for each channel.
template <class Device, class T>
void place_in_channels(std::int64_t channels, std::int64_t size, std::int64_t count, const T* y,
                       const std::int64_t* index, T* x, void* stream);
/// The same for indices of which those of element j are in windows that have it: a thread for each
/// element looks there alone.
template <class Device, class T>
void place_in_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                      const T* y, const std::int64_t* index, T* x, void* stream);

}  // namespace gradus::gpu
