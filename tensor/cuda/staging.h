#pragma once
// Pinned memory of the host between a program's arrays and a device.
#include <cstddef>
#include <mutex>
#include <vector>

#include "tensor/cuda/driver.h"

namespace gradus::gpu {

/// A ring of pinned buffers. A copy to the device goes into one of them and is on its way when the
/// program goes on, which may then change its array. A buffer is used again when its copy is done.
class Staging {
 public:
  static constexpr std::size_t kBuffer = std::size_t{1} << 20;

  explicit Staging(Driver& driver, int buffers = 8);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// At most kBuffer bytes.
  void copy_to_device(void* to, const void* from, std::size_t bytes, void* stream);

 private:
  struct Buffer {
    void* memory = nullptr;
    void* event = nullptr;
    bool busy = false;
  };

  Driver& driver_;
  std::mutex mutex_;
  std::vector<Buffer> buffers_;
  std::size_t next_ = 0;
};

}  // namespace gradus::gpu
