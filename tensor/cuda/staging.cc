#include "tensor/cuda/staging.h"

#include <cstring>

namespace gradus::gpu {

Staging::Staging(Driver& driver, int buffers) : driver_(driver), buffers_(buffers) {}

Staging::~Staging() {
  for (const Buffer& buffer : buffers_) {
    if (buffer.event != nullptr) driver_.destroy_event(buffer.event);
    if (buffer.memory != nullptr) driver_.release_pinned(buffer.memory);
  }
}

void Staging::copy_to_device(void* to, const void* from, std::size_t bytes, void* stream) {
  const std::lock_guard lock(mutex_);
  Buffer& buffer = buffers_[next_];
  next_ = (next_ + 1) % buffers_.size();
  if (buffer.memory == nullptr) buffer.memory = driver_.allocate_pinned(kBuffer);
  if (buffer.event == nullptr) buffer.event = driver_.create_event();
  if (buffer.busy) driver_.synchronize_event(buffer.event);
  buffer.busy = false;
  std::memcpy(buffer.memory, from, bytes);
  driver_.copy(Way::kToDevice, to, buffer.memory, bytes, stream);
  driver_.record(buffer.event, stream);
  buffer.busy = true;
}

}  // namespace gradus::gpu
