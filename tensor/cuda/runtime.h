#pragma once
// Memory of devices, and copies: for each what CUDA's runtime does, or the emulated device's. None
// is the cpu.
#include <cstddef>

#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace gradus::gpu {

class Driver;

/// New memory of the device; null for 0 bytes. Throws DeviceError when there is not so much, or no
/// such device. Blocks are kept for reuse on a GPU, but not with GRADUS_CUDA_CACHE=0 in the
/// environment, as sanitizers want it; on the emulated device only with GRADUS_CUDA_CACHE=1.
void* allocate(Device device, std::size_t bytes);
/// What was written around the memory has been reported by the launch that did it.
void release(Device device, void* memory) noexcept;
/// What the memory holds, for the error of memory that is exhausted.
void describe(Device device, const void* memory, const Shape& shape, DType dtype) noexcept;

// Copies of `bytes`, in the current stream of the calling thread, behind the kernels launched
// before. When these return, the program may change `from`, and read what was copied to the host.
// Throw DeviceError, also for a kernel that failed before.
void copy_to_device(Device device, void* to, const void* from, std::size_t bytes);
void copy_to_host(Device device, void* to, const void* from, std::size_t bytes);
void copy_on_device(Device device, void* to, const void* from, std::size_t bytes);
/// Sets every byte.
void fill_bytes(Device device, void* to, int value, std::size_t bytes);

/// What the program's tensors take there, in bytes and in blocks.
struct MemoryInUse {
  std::size_t bytes = 0, allocations = 0;
};
MemoryInUse memory_in_use(Device device);
/// All that the allocator counts, in bytes of one device.
struct AllocatorStats {
  std::size_t allocated = 0;        ///< asked for by what is alive
  std::size_t peak_allocated = 0;   ///< the most since the start
  std::size_t live = 0;             ///< how many are alive
  std::size_t reserved = 0;         ///< taken from the device: alive, rounded up, and kept
  std::size_t peak_reserved = 0;    ///< the most since the start
  std::size_t kept = 0;             ///< waiting to be used again
  std::size_t device_requests = 0;  ///< how often the device was asked for memory
  std::size_t reuses = 0;           ///< how often a kept block was taken instead
};
AllocatorStats allocator_stats(Device device);
/// Gives the blocks that wait for reuse back to the device.
void release_kept(Device device);
/// How much memory the emulated device has; 0: this computer's, or GRADUS_SIMT_MEMORY bytes.
void set_emulated_memory(std::size_t bytes);

/// The device itself. Throws DeviceError when it is not there.
Driver& driver_of(Device device);

/// Makes a GPU the one that the calling thread launches kernels on.
void use_device(Device device);
/// For code that was compiled without the GPU's launchers, and meets a tensor of one.
[[noreturn]] void throw_no_launchers(Device device);

}  // namespace gradus::gpu
