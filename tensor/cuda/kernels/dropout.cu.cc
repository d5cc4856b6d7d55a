// Dropout: a thread makes the four words of a counter and decides over four elements, which are 16
// apart.
#include "tensor/cuda/dropout.h"

#include "tensor/cuda/map.h"
#include "tensor/half.h"
#include "tensor/philox.h"

namespace gradus::GRADUS_GPU {

template <class T>
__global__ void drop_elements(std::uint64_t seed, std::uint64_t first, std::uint32_t smallest,
                              double factor, std::int64_t counters, std::int64_t n, const T* x,
                              T* y) {
  using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const C scale = static_cast<C>(factor);
  for (std::int64_t counter = first_position(); counter < counters; counter += all_threads()) {
    const PhiloxWords words = philox_words(seed, first + static_cast<std::uint64_t>(counter));
    std::int64_t i = counter / 16 * 64 + counter % 16;
    for (int k = 0; k < 4 && i < n; ++k, i += 16) {
      const C kept = static_cast<C>(x[i]) * scale;
      y[i] = static_cast<T>(words.word[k] >= smallest ? kept : C(0));
    }
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void dropout(std::uint64_t seed, std::uint64_t first, std::uint32_t smallest, double scale,
             std::int64_t n, const T* x, T* y, void* stream) {
  if (n == 0) return;
  const std::int64_t counters = (n + 63) / 64 * 16;
  GRADUS_LAUNCH(drop_elements<T>, launch_for(counters, stream), seed, first, smallest, scale,
                counters, n, x, y);
}

#define GRADUS_INSTANTIATE(T)                                                               \
  template void dropout<ThisDevice, T>(std::uint64_t, std::uint64_t, std::uint32_t, double, \
                                       std::int64_t, const T*, T*, void*)
GRADUS_INSTANTIATE(float);
GRADUS_INSTANTIATE(double);
GRADUS_INSTANTIATE(Float16);
GRADUS_INSTANTIATE(BFloat16);

}  // namespace gradus::gpu
