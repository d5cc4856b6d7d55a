#pragma once
// From a tensor's device to the launchers for it: the one place where operations choose.
#include <type_traits>
#include <utility>

#include "tensor/cuda/device_kinds.h"
#include "tensor/device.h"

namespace gradus::gpu {

/// f(std::type_identity<D>{}) with the name that launchers know the device by (device_kinds.h). A
/// tensor on a device that this build lacks cannot be made, so there is no other case.
template <class F>
decltype(auto) on_device(Device device, F&& f) {
#if defined(GRADUS_WITH_CUDA)
  if (device.kind() == Device::kCudaKind) return f(std::type_identity<Cuda>{});
#endif
  (void)device;
  return f(std::type_identity<Emulated>{});
}

}  // namespace gradus::gpu
