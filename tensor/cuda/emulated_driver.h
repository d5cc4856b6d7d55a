#pragma once
// The emulated device as a driver: all is done when a call returns, streams and events are names.
#include <cstdint>

#include "tensor/cuda/driver.h"

namespace gradus::gpu {

class EmulatedDriver : public Driver {
 public:
  /// With `bytes` of memory; 0: what GRADUS_SIMT_MEMORY says, else all of this computer's.
  explicit EmulatedDriver(std::size_t bytes = 0);
  void set_memory(std::size_t bytes) { total_ = bytes; }

  void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override;
  Room room() noexcept override;
  void* allocate_pinned(std::size_t bytes) override;
  void release_pinned(void* memory) noexcept override;
  bool copies_later() const override { return false; }
  void copy(Way way, void* to, const void* from, std::size_t bytes, void* stream) override;
  void fill(void* to, int value, std::size_t bytes, void* stream) override;
  void* create_stream() override;
  void destroy_stream(void* stream) noexcept override;
  void synchronize(void*) override {}
  void synchronize_device() override {}
  void* create_event() override;
  void destroy_event(void* event) noexcept override;
  void record(void* event, void* stream) override;
  void wait(void*, void*) override {}
  bool happened(void*) override { return true; }
  void synchronize_event(void*) override {}
  double seconds_between(void* first, void* second) override;

 private:
  std::size_t total_;
};

}  // namespace gradus::gpu
