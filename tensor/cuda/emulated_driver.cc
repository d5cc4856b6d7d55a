#include "tensor/cuda/emulated_driver.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <new>

#include "tensor/error.h"
#include "tensor/simt/memory.h"

namespace gradus::gpu {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t default_memory() {
  const char* given = std::getenv("GRADUS_SIMT_MEMORY");
  const std::size_t bytes = given == nullptr ? 0 : std::strtoull(given, nullptr, 10);
  if (bytes != 0) return bytes;
  return static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(sysconf(_SC_PAGE_SIZE));
}

}  // namespace

EmulatedDriver::EmulatedDriver(std::size_t bytes) : total_(bytes == 0 ? default_memory() : bytes) {}

void* EmulatedDriver::allocate(std::size_t bytes) {
  if (bytes > room().free) return nullptr;
  try {
    return simt::allocate(bytes);
  } catch (const DeviceError&) {
    return nullptr;
  }
}

void EmulatedDriver::release(void* memory) noexcept {
  try {
    simt::release(memory);
  } catch (const DeviceError&) {  // the launch that wrote around it has said so
  }
}

DeviceMemory::Room EmulatedDriver::room() noexcept {
  const std::size_t used = simt::device_memory_use().bytes;
  return {used < total_ ? total_ - used : 0, total_};
}

void* EmulatedDriver::allocate_pinned(std::size_t bytes) {
  return ::operator new(bytes, std::align_val_t(64));
}
void EmulatedDriver::release_pinned(void* memory) noexcept {
  ::operator delete(memory, std::align_val_t(64));
}

void EmulatedDriver::copy(Way way, void* to, const void* from, std::size_t bytes, void*) {
  switch (way) {
    case Way::kToDevice:
      return simt::copy_to_device(to, from, bytes);
    case Way::kToHost:
      return simt::copy_to_host(to, from, bytes);
    case Way::kOnDevice:
      return simt::copy_on_device(to, from, bytes);
  }
}
void EmulatedDriver::fill(void* to, int value, std::size_t bytes, void*) {
  simt::fill_bytes(to, value, bytes);
}

void* EmulatedDriver::create_stream() { return new char; }
void EmulatedDriver::destroy_stream(void* stream) noexcept { delete static_cast<char*>(stream); }

void* EmulatedDriver::create_event() { return new Clock::time_point; }
void EmulatedDriver::destroy_event(void* event) noexcept {
  delete static_cast<Clock::time_point*>(event);
}
void EmulatedDriver::record(void* event, void*) {
  *static_cast<Clock::time_point*>(event) = Clock::now();
}
double EmulatedDriver::seconds_between(void* first, void* second) {
  const auto time =
      *static_cast<Clock::time_point*>(second) - *static_cast<Clock::time_point*>(first);
  return std::chrono::duration<double>(time).count();
}

}  // namespace gradus::gpu
