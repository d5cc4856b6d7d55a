// Random numbers: element i is made from counter first + i alone, so any thread may make it.
#include "tensor/cuda/random.h"

#include "tensor/cuda/map.h"
#include "tensor/half.h"
#include "tensor/philox.h"

namespace gradus::GRADUS_GPU {

// A double as T, as static_cast does it on the host.
template <class T>
__device__ inline T rounded(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    return T(static_cast<float>(value));
  }
}

template <class T>
__global__ void uniform_numbers(std::uint64_t seed, std::uint64_t first, double low, double high,
                                T top, std::int64_t n, T* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const PhiloxWords w = philox_words(seed, first + static_cast<std::uint64_t>(i));
    const T number = rounded<T>(low + (high - low) * unit_double(w.word[0], w.word[1]));
    y[i] = number > top ? top : number;
  }
}

template <class T>
__global__ void normal_numbers(std::uint64_t seed, std::uint64_t first, double mean, double std,
                               std::int64_t n, T* y) {
  constexpr double kTwoPi = 6.283185307179586;
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const PhiloxWords w = philox_words(seed, first + static_cast<std::uint64_t>(i));
    const double radius = ::sqrt(-2 * ::log(1 - unit_double(w.word[0], w.word[1])));
    const double angle = kTwoPi * unit_double(w.word[2], w.word[3]);
    y[i] = rounded<T>(mean + std * radius * ::cos(angle));
  }
}

// A template, so that g++ and nvcc agree about its linkage.
template <class Bool>
__global__ void bernoulli_numbers(std::uint64_t seed, std::uint64_t first, double p, std::int64_t n,
                                  Bool* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const PhiloxWords w = philox_words(seed, first + static_cast<std::uint64_t>(i));
    y[i] = unit_double(w.word[0], w.word[1]) < p;
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void uniform(std::uint64_t seed, std::uint64_t first, double low, double high, T top,
             std::int64_t n, T* y, void* stream) {
  if (n == 0) return;
  GRADUS_LAUNCH(uniform_numbers<T>, launch_for(n, stream), seed, first, low, high, top, n, y);
}

template <class Device, class T>
void normal(std::uint64_t seed, std::uint64_t first, double mean, double std, std::int64_t n, T* y,
            void* stream) {
  if (n == 0) return;
  GRADUS_LAUNCH(normal_numbers<T>, launch_for(n, stream), seed, first, mean, std, n, y);
}

template <class Device>
void bernoulli(std::uint64_t seed, std::uint64_t first, double p, std::int64_t n, bool* y,
               void* stream) {
  if (n == 0) return;
  GRADUS_LAUNCH(bernoulli_numbers<bool>, launch_for(n, stream), seed, first, p, n, y);
}

#define GRADUS_INSTANTIATE(T)                                                                     \
  template void uniform<ThisDevice, T>(std::uint64_t, std::uint64_t, double, double, T,           \
                                       std::int64_t, T*, void*);                                  \
  template void normal<ThisDevice, T>(std::uint64_t, std::uint64_t, double, double, std::int64_t, \
                                      T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(Float16);
GRADUS_INSTANTIATE(BFloat16);
template void bernoulli<ThisDevice>(std::uint64_t, std::uint64_t, double, std::int64_t, bool*,
                                    void*);

}  // namespace gradus::gpu
