#pragma once
// Memory of devices: for each what CUDA's runtime does, or the emulated device's. None is the cpu.
#include <cstddef>

#include "tensor/device.h"

namespace gradus::gpu {

/// New memory of the device; null for 0 bytes. Throws DeviceError when there is not so much, or no
/// such device.
void* allocate(Device device, std::size_t bytes);
/// What was written around the memory has been reported by the launch that did it.
void release(Device device, void* memory) noexcept;

// Copies of `bytes`, which have been made when these return, and come after the kernels that were
// launched before. Throw DeviceError.
void copy_to_device(Device device, void* to, const void* from, std::size_t bytes);
void copy_to_host(Device device, void* to, const void* from, std::size_t bytes);
void copy_on_device(Device device, void* to, const void* from, std::size_t bytes);
/// Sets every byte.
void fill_bytes(Device device, void* to, int value, std::size_t bytes);

/// What the program has allocated there, in bytes and in blocks.
struct MemoryInUse {
  std::size_t bytes = 0, allocations = 0;
};
MemoryInUse memory_in_use(Device device);

}  // namespace gradus::gpu
