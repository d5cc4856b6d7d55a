#pragma once
// What the runtime needs of a device: CUDA's runtime (driver/cuda_driver.cu.cc) or the emulator's
// (emulated_driver.h). What is built on it (allocator.h, staging.h, runtime.cc) is the same for
// both, and tested without a GPU.
#include <cstddef>
#include <vector>

namespace gradus::gpu {

/// What an allocator needs.
class DeviceMemory {
 public:
  struct Room {
    std::size_t free = 0, total = 0;
  };

  virtual ~DeviceMemory() = default;
  /// Null when there is not so much. Throws DeviceError for what else is wrong, such as a kernel
  /// that failed before.
  virtual void* allocate(std::size_t bytes) = 0;
  /// Waits for all work of the device.
  virtual void release(void* memory) noexcept = 0;
  virtual Room room() noexcept = 0;

  // Memory that a tensor gave back may still be read by kernels that were launched before. While
  // all work is in one stream that is no matter, since what is launched later comes later.
  /// Events behind the work of all streams; none while there is only the default one.
  virtual std::vector<void*> mark() { return {}; }
  /// The current stream of the calling thread goes on behind these events, which are then gone.
  virtual void wait_behind(const std::vector<void*>& events) { (void)events; }
};

enum class Way { kToDevice, kToHost, kOnDevice };

/// One device. All functions throw DeviceError, but those that are noexcept. A stream is an order
/// of work, null the default one, which waits for all others and they for it. What stands in a
/// stream runs later, by and by.
class Driver : public DeviceMemory {
 public:
  /// Memory of the host that the device reads and writes by itself.
  virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void release_pinned(void* memory) noexcept = 0;
  /// Whether copies from pinned memory run while the program goes on.
  virtual bool copies_later() const = 0;

  virtual void copy(Way way, void* to, const void* from, std::size_t bytes, void* stream) = 0;
  virtual void fill(void* to, int value, std::size_t bytes, void* stream) = 0;

  virtual void* create_stream() = 0;
  virtual void destroy_stream(void* stream) noexcept = 0;
  /// Returns when all that stands in the stream is done.
  virtual void synchronize(void* stream) = 0;
  virtual void synchronize_device() = 0;

  virtual void* create_event() = 0;
  virtual void destroy_event(void* event) noexcept = 0;
  virtual void record(void* event, void* stream) = 0;
  /// The stream goes on when the event has happened.
  virtual void wait(void* stream, void* event) = 0;
  virtual bool happened(void* event) = 0;
  virtual void synchronize_event(void* event) = 0;
  virtual double seconds_between(void* first, void* second) = 0;

  /// Makes it the device of the calling thread's launches.
  virtual void use() {}
};

/// The GPU of this number, which must be there; missing in builds without CUDA.
Driver& cuda_driver(int index);

/// The stream that the calling thread launches into, of the device it uses; null at first.
void* current_stream() noexcept;
void set_current_stream(void* stream) noexcept;

}  // namespace gradus::gpu
