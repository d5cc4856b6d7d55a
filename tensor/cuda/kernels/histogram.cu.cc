// Searches in sorted lines, and counts of bins.
#include "tensor/cuda/histogram.h"

#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

template <class T>
__device__ bool sorts_before(T a, T b) {
  return a < b || (b != b && a == a);  // NaN last
}

// The first position whose element does not go before `value`; with `right`, that goes behind it.
template <class T>
__device__ std::int64_t place_in(bool right, std::int64_t n, const T* line, T value) {
  std::int64_t low = 0, high = n;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (right ? !sorts_before(value, line[middle]) : sorts_before(line[middle], value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

template <class T>
__global__ void search_lines(bool right, std::int64_t all, std::int64_t n, std::int64_t each,
                             const T* lines, const T* values, std::int64_t* places) {
  for (std::int64_t i = first_position(); i < all; i += all_threads()) {
    places[i] = place_in(right, n, lines + i / each * n, values[i]);
  }
}

template <class T>
__global__ void find_bin(std::int64_t n, std::int64_t bins, const T* x, const double* edge,
                         std::int64_t* bin) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const double value = static_cast<double>(x[i]);
    const bool inside = value >= edge[0] && value <= edge[bins];
    const std::int64_t place = inside ? place_in(true, bins, edge, value) - 1 : -1;
    bin[i] = place;
  }
}

__global__ void count_each_bin(std::int64_t n, const std::int64_t* bin,
                               unsigned long long* counts) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    if (bin[i] >= 0) atomicAdd(counts + bin[i], 1ull);
  }
}

__global__ void sum_each_bin(std::int64_t n, std::int64_t bins, std::int64_t parts,
                             const std::int64_t* sorted, const std::int64_t* position,
                             const double* weights, double* sums) {
  for (std::int64_t b = first_position(); b < bins; b += all_threads()) {
    double sum = 0, part_sum = 0;
    std::int64_t part = 0;
    for (std::int64_t i = place_in(false, n, sorted, b); i < n && sorted[i] == b; ++i) {
      for (; position[i] >= n * (part + 1) / parts; ++part) {
        sum += part_sum;
        part_sum = 0;
      }
      part_sum += weights[position[i]];
    }
    sums[b] = sum + part_sum;
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void search_sorted(bool right, std::int64_t m, std::int64_t n, std::int64_t each, const T* lines,
                   const T* values, std::int64_t* places, void* stream) {
  if (m * each == 0) return;
  GRADUS_LAUNCH(search_lines<T>, launch_for(m * each, stream), right, m * each, n, each, lines,
                values, places);
}

template <class Device, class T>
void find_bins(std::int64_t n, std::int64_t bins, const T* x, const double* edge, std::int64_t* bin,
               void* stream) {
  if (n == 0) return;
  GRADUS_LAUNCH(find_bin<T>, launch_for(n, stream), n, bins, x, edge, bin);
}

template <class Device>
void count_bins(std::int64_t n, const std::int64_t* bin, unsigned long long* counts, void* stream) {
  if (n == 0) return;
  GRADUS_LAUNCH(count_each_bin, launch_for(n, stream), n, bin, counts);
}

template <class Device>
void sum_bins(std::int64_t n, std::int64_t bins, std::int64_t parts, const std::int64_t* sorted,
              const std::int64_t* position, const double* weights, double* sums, void* stream) {
  if (bins == 0) return;
  GRADUS_LAUNCH(sum_each_bin, launch_for(bins, stream), n, bins, parts, sorted, position, weights,
                sums);
}

#define GRADUS_INSTANTIATE(T)                                                                 \
  template void search_sorted<ThisDevice, T>(bool, std::int64_t, std::int64_t, std::int64_t,  \
                                             const T*, const T*, std::int64_t*, void*);       \
  template void find_bins<ThisDevice, T>(std::int64_t, std::int64_t, const T*, const double*, \
                                         std::int64_t*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(std::int64_t);
template void count_bins<ThisDevice>(std::int64_t, const std::int64_t*, unsigned long long*, void*);
template void sum_bins<ThisDevice>(std::int64_t, std::int64_t, std::int64_t, const std::int64_t*,
                                   const std::int64_t*, const double*, double*, void*);

}  // namespace gradus::gpu
