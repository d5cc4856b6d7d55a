#pragma once
// From a tensor's device to the launchers for it: the one place where operations choose.
#include <type_traits>
#include <utility>

#include "tensor/cuda/device_kinds.h"
#include "tensor/cuda/runtime.h"
#include "tensor/device.h"

namespace gradus::gpu {

/// f(std::type_identity<D>{}) with the name that launchers know the device by (device_kinds.h). A
/// tensor on a device that this build lacks cannot be made, so there is no other case.
template <class F>
decltype(auto) on_device(Device device, F&& f) {
  if (device.kind() == Device::kCudaKind) {
#if defined(GRADUS_WITH_CUDA)
    use_device(device);
    return f(std::type_identity<Cuda>{});
#else
    throw_no_launchers(device);
#endif
  }
  return f(std::type_identity<Emulated>{});
}

/// The same in code that is compiled once, with and without CUDA: the launchers it calls must be
/// declared weak, so that those that are not there may be missing.
template <class F>
decltype(auto) on_any_device(Device device, F&& f) {
  if (device.kind() == Device::kCudaKind) {
    use_device(device);
    return f(std::type_identity<Cuda>{});
  }
  return f(std::type_identity<Emulated>{});
}

}  // namespace gradus::gpu
