#include "tensor/cuda/runtime.h"

#include "tensor/error.h"
#include "tensor/simt/memory.h"

namespace gradus::gpu {

// The emulated device is the only one of this build: check_available() refuses the others.

void* allocate(Device device, std::size_t bytes) {
  check_available("allocate", device);
  return simt::allocate(bytes);
}

void release(Device, void* memory) noexcept {
  try {
    simt::release(memory);
  } catch (const DeviceError&) {
  }
}

void copy_to_device(Device, void* to, const void* from, std::size_t bytes) {
  simt::copy_to_device(to, from, bytes);
}
void copy_to_host(Device, void* to, const void* from, std::size_t bytes) {
  simt::copy_to_host(to, from, bytes);
}
void copy_on_device(Device, void* to, const void* from, std::size_t bytes) {
  simt::copy_on_device(to, from, bytes);
}
void fill_bytes(Device, void* to, int value, std::size_t bytes) {
  simt::fill_bytes(to, value, bytes);
}

MemoryInUse memory_in_use(Device) {
  const simt::DeviceMemoryUse use = simt::device_memory_use();
  return {use.bytes, use.allocations};
}

}  // namespace gradus::gpu
