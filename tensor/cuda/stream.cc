#include "tensor/cuda/stream.h"

#include <string>

#include "tensor/cuda/driver.h"
#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace gradus {
namespace {

gpu::Driver& driver_for(const char* op, Device device) {
  if (device.is_cpu()) {
    throw DeviceError("[" + std::string(op) + "] device: cpu; expected cuda or cuda_emulated");
  }
  check_available(op, device);
  return gpu::driver_of(device);
}

}  // namespace

Event::Event(Device device) : device_(device) {
  gpu::Driver& driver = driver_for("Event", device);
  event_ = {driver.create_event(), [&driver](void* event) { driver.destroy_event(event); }};
}

void Event::record() { gpu::driver_of(device_).record(event_.get(), gpu::current_stream()); }
bool Event::happened() const { return gpu::driver_of(device_).happened(event_.get()); }
void Event::synchronize() const { gpu::driver_of(device_).synchronize_event(event_.get()); }
double Event::seconds_since(const Event& first) const {
  return gpu::driver_of(device_).seconds_between(first.event_.get(), event_.get());
}

Stream::Stream(Device device) : device_(device) {
  gpu::Driver& driver = driver_for("Stream", device);
  stream_ = {driver.create_stream(), [&driver](void* stream) { driver.destroy_stream(stream); }};
}

void Stream::wait(const Event& event) {
  gpu::driver_of(device_).wait(stream_.get(), event.event_.get());
}
void Stream::synchronize() const { gpu::driver_of(device_).synchronize(stream_.get()); }

UseStream::UseStream(const Stream& stream) : used_(stream.stream_), before_(gpu::current_stream()) {
  gpu::set_current_stream(used_.get());
}
UseStream::~UseStream() { gpu::set_current_stream(before_); }

void synchronize(Device device) {
  if (!device.is_cpu()) driver_for("synchronize", device).synchronize_device();
}

}  // namespace gradus
