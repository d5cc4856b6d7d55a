#pragma once
// The one header of kernel files. The same file is compiled by nvcc for the GPU and by g++ for the
// emulated device (tensor/simt), so it is written in CUDA's words, except for:
//   GRADUS_SHARED(float, tile, [32][33]);        shared memory with a size known to the compiler
//   GRADUS_DYNAMIC_SHARED(float, values);        float* values, Launch::shared_bytes of it
//   GRADUS_LAUNCH((kernel<float>), launch, x, n);   kernel<float><<<launch>>>(x, n), checked
//   GRADUS_LAUNCH_AS(name, (kernel<float>), launch, x, n);   the same, called `name` in errors, a
//                                                text that lives for ever
//   aligned<float4>(p)                           p as a pointer to float4
//   GRADUS_UNROLL                                before a loop, whose rounds nvcc then writes out
//   namespace gradus::GRADUS_GPU { ... }         cuda or cuda_emulated: kernels live in it, so that
//                                                the linker cannot take one's code for the other's
#include <cstdint>

#include "tensor/cuda/device_kinds.h"
#include "tensor/math.h"
#include "tensor/simt/shape.h"

#if defined(__CUDACC__)

#include "tensor/cuda/launch_check.h"

#define GRADUS_GPU cuda
#define GRADUS_UNROLL _Pragma("unroll")
#define GRADUS_SHARED(T, name, extents) __shared__ T name extents
#define GRADUS_DYNAMIC_SHARED(T, name)                                   \
  extern __shared__ __align__(16) unsigned char gradus_dynamic_shared[]; \
  T* name = reinterpret_cast<T*>(gradus_dynamic_shared)
#define GRADUS_LAUNCH(kernel, shape, ...) \
  GRADUS_LAUNCH_AS(#kernel, kernel, shape __VA_OPT__(, ) __VA_ARGS__)
#define GRADUS_LAUNCH_AS(name, kernel, shape, ...)                                              \
  do {                                                                                          \
    const ::gradus::simt::Launch& gradus_launch = shape;                                        \
    ::gradus::cuda::prepare_launch(reinterpret_cast<const void*>(kernel), name, gradus_launch); \
    kernel<<<::gradus::cuda::to_dim3(gradus_launch.grid),                                       \
             ::gradus::cuda::to_dim3(gradus_launch.block), gradus_launch.shared_bytes,          \
             ::gradus::cuda::stream_of(gradus_launch)>>>(__VA_ARGS__);                          \
    ::gradus::cuda::check_launch(name, gradus_launch);                                          \
  } while (false)

namespace gradus::cuda {
using ThisDevice = gpu::Cuda;

template <class V, class T>
__device__ V* aligned(T* p) {
  return reinterpret_cast<V*>(p);
}
template <class V, class T>
__device__ const V* aligned(const T* p) {
  return reinterpret_cast<const V*>(p);
}
}  // namespace gradus::cuda

#else

#include "tensor/simt/builtins.h"
#include "tensor/simt/launch.h"

#define GRADUS_GPU cuda_emulated
#define GRADUS_UNROLL
#define GRADUS_SHARED(T, name, extents)                                                   \
  typedef T name##_type extents; /* NOLINT: `using` cannot put extents behind the name */ \
  static char name##_key;                                                                 \
  auto& name = *static_cast<name##_type*>(::gradus::simt::static_shared(                  \
      &name##_key, sizeof(name##_type), #name, ::gradus::simt::Here::now()))
#define GRADUS_DYNAMIC_SHARED(T, name) \
  T* name = static_cast<T*>(::gradus::simt::dynamic_shared(::gradus::simt::Here::now()))
#define GRADUS_LAUNCH(kernel, shape, ...) \
  GRADUS_LAUNCH_AS(#kernel, kernel, shape __VA_OPT__(, ) __VA_ARGS__)
#define GRADUS_LAUNCH_AS(name, kernel, shape, ...)                                               \
  ::gradus::simt::launch(::gradus::simt::kernel_name(name), shape, [](auto... gradus_argument) { \
    kernel(gradus_argument...);                                                                  \
  } __VA_OPT__(, ) __VA_ARGS__)

namespace gradus::cuda_emulated {
using ThisDevice = gpu::Emulated;

/// Throws DeviceError when the address is no multiple of V's alignment, where a GPU stops.
template <class V, class T>
auto* aligned(T* p, simt::Here here = simt::Here::now()) {
  if (reinterpret_cast<std::uintptr_t>(p) % alignof(V) != 0) {
    simt::fail("an address is not aligned for the vector read or written there", here);
  }
  if constexpr (std::is_const_v<T>) {
    return reinterpret_cast<const V*>(p);
  } else {
    return reinterpret_cast<V*>(p);
  }
}
}  // namespace gradus::cuda_emulated

#endif
