#pragma once
// Launchers; defined for both devices of tensor/cuda/device_kinds.h by kernels/conv.cu.cc. What a
// convolution does beside its matrix products.
#include <cstdint>

#include "tensor/cuda/device_kinds.h"

namespace gradus::gpu {

/// One axis of images, and how windows slide along it.
struct ConvLine {
  std::int64_t size, windows, kernel, stride, padding, dilation;
};
struct ConvPlane {
  std::int64_t channels;
  ConvLine down, across;
  /// Elements of a channel; windows; elements of a window.
  std::int64_t size() const { return down.size * across.size; }
  std::int64_t windows() const { return down.windows * across.windows; }
  std::int64_t taps() const { return down.kernel * across.kernel; }
};

/// The elements of all windows, as a matrix with a row for each tap of each channel, in which
/// neighbours are windows:
///   columns[n image_step + (c taps + tap) row_step + window] = x[n, c, ...], 0 outside.
/// Shapes: x [images, channels, H, W] without gaps.
template <class Device, class T>
void windows_to_columns(std::int64_t images, const ConvPlane& plane, const T* x, T* columns,
                        std::int64_t image_step, std::int64_t row_step, void* stream);

/// The transpose: each element of x is the sum of what the windows that have it say, plus the
/// number of its channel; bias may be null. Each thread collects for its element, in the order of
/// the taps. Shapes: columns [images, channels taps, windows], x as above, bias [channels].
template <class Device, class T>
void columns_to_images(std::int64_t images, const ConvPlane& plane, const T* columns, const T* bias,
                       T* x, void* stream);

/// y[n, c, i] += bias[c]. Shapes: y [images, channels, size], bias [channels].
template <class Device, class T>
void add_to_channels(std::int64_t images, std::int64_t channels, std::int64_t size, const T* bias,
                     T* y, void* stream);

}  // namespace gradus::gpu
