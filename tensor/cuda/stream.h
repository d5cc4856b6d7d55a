#pragma once
// Orders of work on a device, and points in them. Names no CUDA type. On the emulated device each
// piece of work is done when the call that asks for it returns.
#include <memory>

#include "tensor/device.h"

namespace gradus {

/// A point in a stream's work.
class Event {
 public:
  /// Throws DeviceError when there is no such device, or it is the cpu.
  explicit Event(Device device);

  /// Behind all that the calling thread's current stream has to do so far.
  void record();
  /// Whether that is done. True if nothing was recorded.
  bool happened() const;
  void synchronize() const;
  /// Time from `first` to this one, both recorded and happened.
  double seconds_since(const Event& first) const;

 private:
  friend class Stream;
  Device device_;
  std::shared_ptr<void> event_;
};

/// Work that is done in order. The default stream of a device waits for all other streams, and they
/// for it; two other streams run side by side. A tensor that one stream writes and another reads
/// needs wait(); its memory needs nothing: it is used again only behind the work of all streams.
class Stream {
 public:
  /// Throws DeviceError when there is no such device, or it is the cpu.
  explicit Stream(Device device);

  Device device() const { return device_; }
  /// What comes next in this stream starts when the event has happened.
  void wait(const Event& event);
  /// Returns when all is done. Throws DeviceError for a kernel that failed.
  void synchronize() const;

 private:
  friend class UseStream;
  Device device_;
  std::shared_ptr<void> stream_;
};

/// While it lives the calling thread's work for the device goes into the stream.
class UseStream {
 public:
  explicit UseStream(const Stream& stream);
  ~UseStream();
  UseStream(const UseStream&) = delete;
  UseStream& operator=(const UseStream&) = delete;

 private:
  std::shared_ptr<void> used_;
  void* before_;
};

/// Returns when the device has done all work. Throws DeviceError for a kernel that failed: the text
/// names the latest launches, or the one where GRADUS_CUDA_SYNC=1 makes each launch wait.
void synchronize(Device device);

}  // namespace gradus
