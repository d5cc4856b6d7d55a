// Random numbers: element i is made from counter first + i alone, so any thread may make it.
#include "tensor/cuda/uniform.h"

#include "tensor/cuda/kernel.h"
#include "tensor/philox.h"

namespace gradus::GRADUS_GPU {

template <class T>
__global__ void uniform_numbers(std::uint64_t seed, std::uint64_t first, double low, double high,
                                T top, std::int64_t n, T* y) {
  const std::int64_t all = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += all) {
    const PhiloxWords w = philox_words(seed, first + static_cast<std::uint64_t>(i));
    const T number = static_cast<T>(low + (high - low) * unit_double(w.word[0], w.word[1]));
    y[i] = number > top ? top : number;
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device, class T>
void uniform(std::uint64_t seed, std::uint64_t first, double low, double high, T top,
             std::int64_t n, T* y, void* stream) {
  if (n == 0) return;
  constexpr int kThreads = 256, kEach = 4;
  const simt::Launch launch{
      .grid = {static_cast<unsigned>((n + kThreads * kEach - 1) / (kThreads * kEach))},
      .block = {kThreads},
      .stream = stream};
  GRADUS_LAUNCH(uniform_numbers<T>, launch, seed, first, low, high, top, n, y);
}

template void uniform<ThisDevice, float>(std::uint64_t, std::uint64_t, double, double, float,
                                         std::int64_t, float*, void*);
template void uniform<ThisDevice, double>(std::uint64_t, std::uint64_t, double, double, double,
                                          std::int64_t, double*, void*);

}  // namespace gradus::gpu
