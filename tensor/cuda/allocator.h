#pragma once
// Device memory for tensors. Asking CUDA for memory takes a hundred microseconds, and giving it
// back waits for all kernels, so blocks are kept and used again.
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tensor/cuda/driver.h"
#include "tensor/cuda/runtime.h"
#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace gradus::gpu {

/// The size of the block for so many bytes: at least 512, then 8 sizes between two powers of two,
/// so that tensors of similar sizes use each other's blocks, and at most an eighth is wasted.
std::size_t block_size(std::size_t bytes);

/// Blocks by size, used again in the order of streams: a block that a tensor gives back may go to
/// the next tensor at once, since the kernels that use that one are launched later. What is left of
/// other streams is waited for on the device. All functions may be called by several threads.
class CachingAllocator {
 public:
  /// With `keeps` false every block has exactly the bytes asked for and goes back to the device at
  /// once: so sanitizers see each array for itself.
  CachingAllocator(Device device, DeviceMemory& memory, bool keeps);
  CachingAllocator(const CachingAllocator&) = delete;
  CachingAllocator& operator=(const CachingAllocator&) = delete;
  ~CachingAllocator();

  /// Null for 0 bytes. When the device has no more, what is kept goes back to it first. Throws
  /// DeviceError, and everything can be used as before:
  ///   "[allocate] cuda:0: out of memory for 2.0 GiB (2147483648 bytes); 1.0 GiB of 79.1 GiB are
  ///   free, 78.1 GiB are in use by 3 tensors; the largest: 40.0 GiB, float32 [10737418240], ...;
  ///   free tensors or use smaller ones"
  void* allocate(std::size_t bytes);
  void release(void* memory) noexcept;
  /// What the memory holds, for such texts.
  void describe(const void* memory, const Shape& shape, DType dtype) noexcept;

  /// Gives what is kept back to the device.
  void release_kept() noexcept;
  AllocatorStats stats() const;

 private:
  struct Block {
    std::size_t bytes = 0, asked = 0;
    Shape shape = {};
    DType dtype = kUInt8;
    bool described = false;
  };
  struct Kept {
    void* memory;
    std::vector<void*> events;
  };

  void* take_kept(std::size_t bytes, std::size_t& found);
  void release_kept_locked() noexcept;
  std::string exhausted(std::size_t bytes) const;

  const Device device_;
  DeviceMemory& memory_;
  const bool keeps_;
  mutable std::mutex mutex_;
  std::unordered_map<const void*, Block> live_;
  std::multimap<std::size_t, Kept> kept_;
  AllocatorStats stats_;
};

}  // namespace gradus::gpu
