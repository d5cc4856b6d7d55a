#include "tensor/cuda/runtime.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "tensor/cuda/allocator.h"
#include "tensor/cuda/emulated_driver.h"
#include "tensor/cuda/launch_log.h"
#include "tensor/cuda/staging.h"
#include "tensor/error.h"

namespace gradus::gpu {
namespace {

// A device with what is built on its driver. Never destroyed: tensors with static lifetime may
// outlive it.
struct Runtime {
  Runtime(Device device, Driver& its_driver, bool keeps)
      : driver(its_driver), allocator(device, its_driver, keeps), staging(its_driver) {}

  Driver& driver;
  CachingAllocator allocator;
  Staging staging;
};

bool keeps_blocks(bool by_default) {
  const char* given = std::getenv("GRADUS_CUDA_CACHE");
  return given == nullptr ? by_default : std::string_view(given) != "0";
}

EmulatedDriver& emulated_driver() {
  static EmulatedDriver& driver = *new EmulatedDriver;
  return driver;
}

Runtime& runtime_of(Device device) {
#if defined(GRADUS_WITH_CUDA)
  if (device.kind() == Device::kCudaKind) {
    static std::array<std::atomic<Runtime*>, 256>& all =
        *new std::array<std::atomic<Runtime*>, 256>{};
    std::atomic<Runtime*>& place = all[static_cast<std::size_t>(device.index())];
    Runtime* there = place.load(std::memory_order_acquire);
    if (there == nullptr) [[unlikely]] {
      check_available("allocate", device);
      static std::mutex& mutex = *new std::mutex;
      const std::lock_guard lock(mutex);
      there = place.load(std::memory_order_relaxed);
      if (there == nullptr) {
        there = new Runtime(device, cuda_driver(device.index()), keeps_blocks(true));
        place.store(there, std::memory_order_release);
      }
    }
    return *there;
  }
#endif
  check_available("allocate", device);
  static Runtime& emulated = *new Runtime(kCudaEmulated, emulated_driver(), keeps_blocks(false));
  return emulated;
}

thread_local void* the_current_stream = nullptr;

}  // namespace

void* current_stream() noexcept { return the_current_stream; }
void set_current_stream(void* stream) noexcept { the_current_stream = stream; }

Driver& driver_of(Device device) { return runtime_of(device).driver; }

void* allocate(Device device, std::size_t bytes) {
  return runtime_of(device).allocator.allocate(bytes);
}
void release(Device device, void* memory) noexcept { runtime_of(device).allocator.release(memory); }
void describe(Device device, const void* memory, const Shape& shape, DType dtype) noexcept {
  runtime_of(device).allocator.describe(memory, shape, dtype);
}

void copy_to_device(Device device, void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  Runtime& runtime = runtime_of(device);
  void* stream = current_stream();
  if (runtime.driver.copies_later() && bytes <= Staging::kBuffer) {
    return runtime.staging.copy_to_device(to, from, bytes, stream);
  }
  runtime.driver.copy(Way::kToDevice, to, from, bytes, stream);
  runtime.driver.synchronize(stream);
}
void copy_to_host(Device device, void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  Driver& driver = driver_of(device);
  driver.copy(Way::kToHost, to, from, bytes, current_stream());
  driver.synchronize(current_stream());
}
void copy_on_device(Device device, void* to, const void* from, std::size_t bytes) {
  if (bytes == 0) return;
  driver_of(device).copy(Way::kOnDevice, to, from, bytes, current_stream());
}
void fill_bytes(Device device, void* to, int value, std::size_t bytes) {
  if (bytes == 0) return;
  driver_of(device).fill(to, value, bytes, current_stream());
}

MemoryInUse memory_in_use(Device device) {
  const AllocatorStats stats = allocator_stats(device);
  return {stats.allocated, stats.live};
}
AllocatorStats allocator_stats(Device device) { return runtime_of(device).allocator.stats(); }
void release_kept(Device device) { runtime_of(device).allocator.release_kept(); }
void set_emulated_memory(std::size_t bytes) {
  emulated_driver().set_memory(bytes == 0 ? EmulatedDriver().room().total : bytes);
}

void use_device(Device device) { driver_of(device).use(); }

void throw_no_launchers(Device device) {
  throw DeviceError("[launch] device: " + to_string(device) +
                    "; this part of the program was compiled without its kernels; expected "
                    "GRADUS_WITH_CUDA to be defined for it");
}

}  // namespace gradus::gpu
