// Windows of images as columns of a matrix and back, and what is added to a channel.
#include "tensor/cuda/conv.h"

#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

// One thread takes a window of a channel through all its taps: neighbours write neighbours.
template <class T>
__global__ void gather_windows(std::int64_t n, gpu::ConvPlane plane, const T* x, T* columns,
                               std::int64_t image_step, std::int64_t row_step) {
  const gpu::ConvLine down = plane.down, across = plane.across;
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t left = i % across.windows, line = i / across.windows;
    const std::int64_t top = line % down.windows, channel = line / down.windows;
    const std::int64_t image = channel / plane.channels;
    const std::int64_t row = top * down.stride - down.padding;
    const std::int64_t column = left * across.stride - across.padding;
    const T* from = x + channel * down.size * across.size;
    T* to = columns + image * image_step +
            channel % plane.channels * down.kernel * across.kernel * row_step +
            top * across.windows + left;
    for (std::int64_t a = 0; a < down.kernel; ++a) {
      const std::int64_t h = row + a * down.dilation;
      const bool inside = h >= 0 && h < down.size;
      for (std::int64_t b = 0; b < across.kernel; ++b, to += row_step) {
        const std::int64_t w = column + b * across.dilation;
        *to = inside && w >= 0 && w < across.size ? from[h * across.size + w] : T(0);
      }
    }
  }
}

// Which window has the element `at` as its tap; -1 if none does.
__device__ inline std::int64_t window_with(const gpu::ConvLine& line, std::int64_t at,
                                           std::int64_t tap) {
  const std::int64_t first = at + line.padding - tap * line.dilation;
  if (first < 0 || first % line.stride != 0) return -1;
  return first / line.stride < line.windows ? first / line.stride : -1;
}

template <class T>
__global__ void collect_windows(std::int64_t n, gpu::ConvPlane plane, const T* columns,
                                const T* bias, T* x) {
  const gpu::ConvLine down = plane.down, across = plane.across;
  const std::int64_t windows = down.windows * across.windows;
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t w = i % across.size, line = i / across.size;
    const std::int64_t h = line % down.size, channel = line / down.size;
    const T* from = columns + channel * down.kernel * across.kernel * windows;
    T sum = bias != nullptr ? bias[channel % plane.channels] : T(0);
    for (std::int64_t a = 0; a < down.kernel; ++a, from += across.kernel * windows) {
      const std::int64_t top = window_with(down, h, a);
      if (top < 0) continue;
      for (std::int64_t b = 0; b < across.kernel; ++b) {
        const std::int64_t left = window_with(across, w, b);
        if (left >= 0) sum += from[b * windows + top * across.windows + left];
      }
    }
    x[i] = sum;
  }
}

template <class T>
__global__ void add_channel_bias(std::int64_t n, std::int64_t channels, std::int64_t size,
                                 const T* bias, T* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    y[i] += bias[i / size % channels];
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void windows_to_columns(std::int64_t images, const ConvPlane& plane, const T* x, T* columns,
                        std::int64_t image_step, std::int64_t row_step, void* stream) {
  const std::int64_t n = images * plane.channels * plane.windows();
  if (n == 0) return;
  GRADUS_LAUNCH(gather_windows<T>, launch_for(n, stream), n, plane, x, columns, image_step,
                row_step);
}

template <class Device, class T>
void columns_to_images(std::int64_t images, const ConvPlane& plane, const T* columns, const T* bias,
                       T* x, void* stream) {
  const std::int64_t n = images * plane.channels * plane.size();
  if (n == 0) return;
  GRADUS_LAUNCH(collect_windows<T>, launch_for(n, stream), n, plane, columns, bias, x);
}

template <class Device, class T>
void add_to_channels(std::int64_t images, std::int64_t channels, std::int64_t size, const T* bias,
                     T* y, void* stream) {
  const std::int64_t n = images * channels * size;
  if (n == 0) return;
  GRADUS_LAUNCH(add_channel_bias<T>, launch_for(n, stream), n, channels, size, bias, y);
}

#define GRADUS_INSTANTIATE(T)                                                                      \
  template void windows_to_columns<ThisDevice, T>(std::int64_t, const ConvPlane&, const T*, T*,    \
                                                  std::int64_t, std::int64_t, void*);              \
  template void columns_to_images<ThisDevice, T>(std::int64_t, const ConvPlane&, const T*,         \
                                                 const T*, T*, void*);                             \
  template void add_to_channels<ThisDevice, T>(std::int64_t, std::int64_t, std::int64_t, const T*, \
                                               T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);

}  // namespace gradus::gpu
