#pragma once
// Memory of the emulated device: ordinary memory that is known to be the device's.
#include <cstddef>

namespace gradus::simt {

/// New device memory, aligned to 256 bytes as CUDA's, with ones in every bit (NaN). Null for 0
/// bytes. Around it lie bytes that nobody may write; under ASan they are its red zones instead.
/// Throws DeviceError when there is not so much.
void* allocate(std::size_t bytes);
/// Throws DeviceError for what is no device memory, or when the bytes around it were written.
/// Null is allowed.
void release(void* memory);

/// Copies; the arguments on the device must be device memory of at least `bytes`. Throw
/// DeviceError: "[copy_to_device] to: 0x7ffd5c3a no device memory; expected ...".
void copy_to_device(void* to, const void* from, std::size_t bytes);
void copy_to_host(void* to, const void* from, std::size_t bytes);
void copy_on_device(void* to, const void* from, std::size_t bytes);
/// Sets every byte.
void fill_bytes(void* to, int value, std::size_t bytes);

/// Bytes of device memory from `memory` to the end of its allocation; 0 for what is none.
std::size_t device_bytes_from(const void* memory);

/// All device memory that is allocated now.
struct DeviceMemoryUse {
  std::size_t bytes = 0, allocations = 0;
};
DeviceMemoryUse device_memory_use();

}  // namespace gradus::simt
