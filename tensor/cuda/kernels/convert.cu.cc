// Elements moved and converted from any place to any other.
#include "tensor/cuda/copy.h"
#include "tensor/cuda/map.h"

namespace gradus::GRADUS_GPU {

template <class U>
__global__ void copy_elements(std::int64_t n, gpu::ElementWalk walk, const U* x, U* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Places<2> place = places<2>(walk, i);
    y[place.at[1]] = x[place.at[0]];
  }
}

// The dtype of x is looked up for each element, which costs nothing beside reading it: all threads
// go the same way. 64 kernels for all pairs take nvcc 7 s.
template <class To>
__global__ void convert_elements(std::int64_t n, gpu::ElementWalk walk, DType from, const void* x,
                                 To* y) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Places<2> place = places<2>(walk, i);
    y[place.at[1]] = dispatch(from, [&]<class From>(std::type_identity<From>) {
      return convert_to<To>(static_cast<const From*>(x)[place.at[0]]);
    });
  }
}

// Wide is what elements are compared as. Who called looks again at what was found.
template <class Wide, class From>
__global__ void find_outside(std::int64_t n, gpu::ElementWalk walk, const From* x, Wide lowest,
                             Wide highest, int* found) {
  for (std::int64_t i = first_position(); i < n; i += all_threads()) {
    const Wide value = convert_to<Wide>(x[places<1>(walk, i).at[0]]);
    if (!(value >= lowest && value <= highest)) atomicExch(found, 1);  // NaN too
  }
}

}  // namespace gradus::GRADUS_GPU

namespace gradus::gpu {

using namespace GRADUS_GPU;  // NOLINT: the kernels above

template <class Device>
void convert(DType from, DType to, std::int64_t n, const ElementWalk& walk, const void* x, void* y,
             void* stream) {
  if (n == 0) return;
  const simt::Launch launch = launch_for(n, stream);
  if (from == to) {
    for_size(static_cast<std::int64_t>(size_of(to)), [&]<class U>(std::type_identity<U>) {
      GRADUS_LAUNCH(copy_elements<U>, launch, n, walk, static_cast<const U*>(x),
                    static_cast<U*>(y));
    });
    return;
  }
  dispatch(to, [&]<class To>(std::type_identity<To>) {
    GRADUS_LAUNCH(convert_elements<To>, launch, n, walk, from, x, static_cast<To*>(y));
  });
}

template <class Device>
void find_misfit(DType from, DType to, std::int64_t n, const ElementWalk& walk, const void* x,
                 int* found, void* stream) {
  if (n == 0) return;
  const simt::Launch launch = launch_for(n, stream);
  // The lowest and the highest number of `to`. Floating ones may lose their fraction: 255.9 fits.
  const std::int64_t lowest = to == kUInt8 ? 0 : to == kInt32 ? INT32_MIN : INT64_MIN;
  const std::int64_t highest = to == kUInt8 ? 255 : to == kInt32 ? INT32_MAX : INT64_MAX;
  const double below = to == kInt64 ? -0x1p63 : static_cast<double>(lowest) - (1 - 0x1p-20);
  const double above = to == kInt64 ? 0x1p63 - 1024 : static_cast<double>(highest) + (1 - 0x1p-20);
  dispatch(from, [&]<class From>(std::type_identity<From>) {
    const auto* first = static_cast<const From*>(x);
    if constexpr (is_floating(dtype_of<From>())) {
      GRADUS_LAUNCH((find_outside<double, From>), launch, n, walk, first, below, above, found);
    } else {
      GRADUS_LAUNCH((find_outside<std::int64_t, From>), launch, n, walk, first, lowest, highest,
                    found);
    }
  });
}

template void convert<ThisDevice>(DType, DType, std::int64_t, const ElementWalk&, const void*,
                                  void*, void*);
template void find_misfit<ThisDevice>(DType, DType, std::int64_t, const ElementWalk&, const void*,
                                      int*, void*);

}  // namespace gradus::gpu
