// Elements at computed places.
#include "tensor/cuda/places.h"

#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

template <class U>
__global__ void read_at_places(std::int64_t n, gpu::ElementWalk walk, const U* x,
                               const std::int64_t* table, U* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Places<2> place = places<2>(walk, i);
    y[i] = x[place.at[0] + table[place.at[1]]];
  }
}

struct Replace {
  template <class T>
  __device__ static void put(T& to, T value) {
    to = value;
  }
};
struct Add {
  template <class T>
  __device__ static void put(T& to, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      to = to || value;
    } else if constexpr (std::is_integral_v<T>) {
      to = static_cast<T>(static_cast<std::uint64_t>(to) + static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      to = to + value;
    } else {  // each sum of half types is rounded
      to = T(static_cast<float>(to) + static_cast<float>(value));
    }
  }
};

// Only values of one line may have the same place, so no two threads write there.
template <class How, class T>
__global__ void write_at_places(std::int64_t n, gpu::ElementWalk walk, gpu::PlacesLine line, T* x,
                                const std::int64_t* table, const T* values) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Places<3> place = places<3>(walk, i);
    T* to = x + place.at[0];
    const std::int64_t* at = table + place.at[1];
    const T* from = values + place.at[2];
    for (std::int64_t j = 0; j < line.length; ++j) {
      How::put(to[j * line.step[0] + at[j * line.step[1]]], from[j * line.step[2]]);
    }
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device>
void read_places(std::int64_t bytes, std::int64_t n, const ElementWalk& walk, const void* x,
                 const std::int64_t* table, void* y, void* stream) {
  if (n == 0) return;
  const simt::Launch launch = launch_for(n, stream);
  for_size(bytes, [&]<class U>(std::type_identity<U>) {
    GRADUS_LAUNCH(read_at_places<U>, launch, n, walk, static_cast<const U*>(x), table,
                  static_cast<U*>(y));
  });
}

template <class Device>
void write_places(DType dtype, bool adds, std::int64_t n, const ElementWalk& walk,
                  const PlacesLine& line, void* x, const std::int64_t* table, const void* values,
                  void* stream) {
  if (n == 0) return;
  const simt::Launch launch = launch_for(n, stream);
  if (!adds) {
    for_size(static_cast<std::int64_t>(size_of(dtype)), [&]<class U>(std::type_identity<U>) {
      GRADUS_LAUNCH((write_at_places<Replace, U>), launch, n, walk, line, static_cast<U*>(x), table,
                    static_cast<const U*>(values));
    });
    return;
  }
  dispatch(dtype, [&]<class T>(std::type_identity<T>) {
    GRADUS_LAUNCH((write_at_places<Add, T>), launch, n, walk, line, static_cast<T*>(x), table,
                  static_cast<const T*>(values));
  });
}

template void read_places<ThisDevice>(std::int64_t, std::int64_t, const ElementWalk&, const void*,
                                      const std::int64_t*, void*, void*);
template void write_places<ThisDevice>(DType, bool, std::int64_t, const ElementWalk&,
                                       const PlacesLine&, void*, const std::int64_t*, const void*,
                                       void*);

}  // namespace gradus::gpu
