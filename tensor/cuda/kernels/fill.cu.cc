// Elements filled with a number, or chosen from two others.
#include "tensor/cuda/copy.h"
#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

template <class U>
__global__ void fill_elements(std::int64_t n, gpu::ElementWalk walk, U value, U* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    y[places<1>(walk, i).at[0]] = value;
  }
}

template <class U>
__global__ void choose_elements(std::int64_t n, gpu::ElementWalk walk, const bool* c, const U* a,
                                const U* b, U* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Places<3> place = places<3>(walk, i);
    y[i] = c[place.at[0]] ? a[place.at[1]] : b[place.at[2]];
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device>
void fill(std::int64_t bytes, std::uint64_t bits, std::int64_t n, const ElementWalk& walk, void* y,
          void* stream) {
  if (n == 0) return;
  for_size(bytes, [&]<class U>(std::type_identity<U>) {
    GRADUS_LAUNCH(fill_elements<U>, launch_for(n, stream), n, walk, static_cast<U>(bits),
                  static_cast<U*>(y));
  });
}

template <class Device>
void choose(std::int64_t bytes, std::int64_t n, const ElementWalk& walk, const bool* c,
            const void* a, const void* b, void* y, void* stream) {
  if (n == 0) return;
  for_size(bytes, [&]<class U>(std::type_identity<U>) {
    GRADUS_LAUNCH(choose_elements<U>, launch_for(n, stream), n, walk, c, static_cast<const U*>(a),
                  static_cast<const U*>(b), static_cast<U*>(y));
  });
}

template void fill<ThisDevice>(std::int64_t, std::uint64_t, std::int64_t, const ElementWalk&, void*,
                               void*);
template void choose<ThisDevice>(std::int64_t, std::int64_t, const ElementWalk&, const bool*,
                                 const void*, const void*, void*, void*);

}  // namespace gradus::gpu
