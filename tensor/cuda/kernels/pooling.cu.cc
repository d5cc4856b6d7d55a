// Means and largest elements of windows, and their transposes. Those collect: a thread looks for
// what its element gets, so sums need no atomics and have one order.
#include "tensor/cuda/pooling.h"

#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

// One axis of the table.
struct PoolLine {
  const std::int64_t *begin, *end, *counted;
  std::int64_t windows;
};
__device__ inline PoolLine line_down(const gpu::PoolPlane& plane, const std::int64_t* table) {
  return {table, table + plane.down, table + 2 * plane.down, plane.down};
}
__device__ inline PoolLine line_across(const gpu::PoolPlane& plane, const std::int64_t* table) {
  table += 3 * plane.down;
  return {table, table + plane.across, table + 2 * plane.across, plane.across};
}
// The first window that ends behind `at`: both ends of windows never go back.
__device__ inline std::int64_t first_window(const PoolLine& line, std::int64_t at) {
  std::int64_t low = 0, high = line.windows;
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (line.end[middle] > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

template <class T>
__global__ void average_window(std::int64_t n, gpu::PoolPlane plane, const std::int64_t* table,
                               const T* x, T* y) {
  const PoolLine down = line_down(plane, table), across = line_across(plane, table);
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t c = i % plane.across, r = i / plane.across % plane.down;
    const T* from = x + i / (plane.across * plane.down) * plane.height * plane.width;
    T sum = 0;
    for (std::int64_t h = down.begin[r]; h < down.end[r]; ++h) {
      for (std::int64_t w = across.begin[c]; w < across.end[c]; ++w) {
        sum += from[h * plane.width + w];
      }
    }
    const std::int64_t count = down.counted[r] * across.counted[c];
    y[i] = sum / static_cast<T>(plane.divisor != 0 ? plane.divisor : count);
  }
}

// Calls f(position of a window, elements that count in it) for the windows from the first to the
// last that have element i. With dilation the first element of a window in the padding may stand
// behind that of the next one, though before `step`.
template <class F>
__device__ void for_windows_of(const gpu::PoolPlane& plane, const std::int64_t* table,
                               std::int64_t i, F f) {
  const PoolLine down = line_down(plane, table), across = line_across(plane, table);
  const std::int64_t w = i % plane.width, line = i / plane.width;
  const std::int64_t h = line % plane.height, channel = line / plane.height;
  const std::int64_t left = first_window(across, w);
  const auto within = [](const PoolLine& one, std::int64_t window, std::int64_t at,
                         std::int64_t step) {
    return window < one.windows && (one.begin[window] <= at || one.begin[window] < step);
  };
  for (std::int64_t r = first_window(down, h); within(down, r, h, plane.step_down); ++r) {
    for (std::int64_t c = left; within(across, c, w, plane.step_across); ++c) {
      f(channel * plane.down * plane.across + r * plane.across + c,
        down.counted[r] * across.counted[c]);
    }
  }
}

template <class T>
__global__ void spread_window(std::int64_t n, gpu::PoolPlane plane, const std::int64_t* table,
                              const T* y, T* x) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    T sum = 0;
    for_windows_of(plane, table, i, [&](std::int64_t window, std::int64_t count) {
      sum += y[window] / static_cast<T>(plane.divisor != 0 ? plane.divisor : count);
    });
    x[i] = sum;
  }
}

template <class T>
__device__ T lowest_number() {
  if constexpr (sizeof(T) == 8 && std::is_integral_v<T>) {
    return INT64_MIN;
  } else {
    return -static_cast<T>(INFINITY);
  }
}

template <class T>
__global__ void largest_of_window(std::int64_t n, gpu::PoolPlane plane, const std::int64_t* table,
                                  const T* x, T* y, std::int64_t* index) {
  const PoolLine down = line_down(plane, table), across = line_across(plane, table);
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t c = i % plane.across, r = i / plane.across % plane.down;
    const T* from = x + i / (plane.across * plane.down) * plane.height * plane.width;
    T best = lowest_number<T>();
    const bool any = down.begin[r] < down.end[r] && across.begin[c] < across.end[c];
    std::int64_t place = any ? down.begin[r] * plane.width + across.begin[c] : -1;
    for (std::int64_t h = down.begin[r]; h < down.end[r]; h += plane.step_down) {
      for (std::int64_t w = across.begin[c]; w < across.end[c]; w += plane.step_across) {
        const T element = from[h * plane.width + w];
        if (element > best || element != element) {
          best = element;
          place = h * plane.width + w;
        }
      }
    }
    y[i] = best;
    index[i] = place;
  }
}

template <class U>
__global__ void pick_elements(std::int64_t n, std::int64_t size, std::int64_t count, const U* x,
                              const std::int64_t* index, U* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t place = index[i];
    y[i] = place < 0 ? U(0) : x[i / count * size + place];
  }
}

template <class T>
__global__ void place_elements(std::int64_t n, std::int64_t size, std::int64_t count, const T* y,
                               const std::int64_t* index, T* x) {
  for (std::int64_t c = first_position(); c < n; c += all_threads()) {
    T* to = x + c * size;
    for (std::int64_t j = 0; j < size; ++j) to[j] = 0;
    for (std::int64_t i = c * count; i < (c + 1) * count; ++i) {
      if (index[i] >= 0) to[index[i]] += y[i];
    }
  }
}

template <class T>
__global__ void place_by_windows(std::int64_t n, gpu::PoolPlane plane, const std::int64_t* table,
                                 const T* y, const std::int64_t* index, T* x) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const std::int64_t own = i % (plane.height * plane.width);
    T sum = 0;
    for_windows_of(plane, table, i, [&](std::int64_t window, std::int64_t) {
      if (index[window] == own) sum += y[window];
    });
    x[i] = sum;
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void average_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                     const T* x, T* y, void* stream) {
  const std::int64_t n = channels * plane.windows();
  if (n > 0) GRADUS_LAUNCH(average_window<T>, launch_for(n, stream), n, plane, table, x, y);
}

template <class Device, class T>
void spread_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                    const T* y, T* x, void* stream) {
  const std::int64_t n = channels * plane.size();
  if (n > 0) GRADUS_LAUNCH(spread_window<T>, launch_for(n, stream), n, plane, table, y, x);
}

template <class Device, class T>
void largest_in_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                        const T* x, T* y, std::int64_t* index, void* stream) {
  const std::int64_t n = channels * plane.windows();
  if (n == 0) return;
  GRADUS_LAUNCH(largest_of_window<T>, launch_for(n, stream), n, plane, table, x, y, index);
}

template <class Device>
void pick_from_channels(std::int64_t bytes, std::int64_t channels, std::int64_t size,
                        std::int64_t count, const void* x, const std::int64_t* index, void* y,
                        void* stream) {
  const std::int64_t n = channels * count;
  if (n == 0) return;
  for_size(bytes, [&]<class U>(std::type_identity<U>) {
    GRADUS_LAUNCH(pick_elements<U>, launch_for(n, stream), n, size, count, static_cast<const U*>(x),
                  index, static_cast<U*>(y));
  });
}

template <class Device, class T>
void place_in_channels(std::int64_t channels, std::int64_t size, std::int64_t count, const T* y,
                       const std::int64_t* index, T* x, void* stream) {
  if (channels * size == 0) return;
  GRADUS_LAUNCH(place_elements<T>, launch_for(4 * channels, stream), channels, size, count, y,
                index, x);
}

template <class Device, class T>
void place_in_windows(std::int64_t channels, const PoolPlane& plane, const std::int64_t* table,
                      const T* y, const std::int64_t* index, T* x, void* stream) {
  const std::int64_t n = channels * plane.size();
  if (n == 0) return;
  GRADUS_LAUNCH(place_by_windows<T>, launch_for(n, stream), n, plane, table, y, index, x);
}

template void pick_from_channels<ThisDevice>(std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                             const void*, const std::int64_t*, void*, void*);
#define GRADUS_INSTANTIATE_MEANS(T)                                                                \
  template void average_windows<ThisDevice, T>(std::int64_t, const PoolPlane&,                     \
                                               const std::int64_t*, const T*, T*, void*);          \
  template void spread_windows<ThisDevice, T>(std::int64_t, const PoolPlane&, const std::int64_t*, \
                                              const T*, T*, void*)
#define GRADUS_INSTANTIATE(T)                                                                   \
  template void largest_in_windows<ThisDevice, T>(                                              \
      std::int64_t, const PoolPlane&, const std::int64_t*, const T*, T*, std::int64_t*, void*); \
  template void place_in_channels<ThisDevice, T>(std::int64_t, std::int64_t, std::int64_t,      \
                                                 const T*, const std::int64_t*, T*, void*);     \
  template void place_in_windows<ThisDevice, T>(std::int64_t, const PoolPlane&,                 \
                                                const std::int64_t*, const T*,                  \
                                                const std::int64_t*, T*, void*)
GRADUS_INSTANTIATE_MEANS(float);
GRADUS_INSTANTIATE_MEANS(double);
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);

}  // namespace gradus::gpu
