#include "tensor/cuda/pinned.h"

#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <vector>

#include "tensor/checks.h"
#include "tensor/construct.h"
#include "tensor/cuda/driver.h"
#include "tensor/cuda/runtime.h"
#include "tensor/cuda/stream.h"

namespace gradus {
namespace {

struct Pinned {
  std::mutex mutex;
  std::map<const void*, std::size_t> memory;  // address and bytes
  struct OnItsWay {
    Tensor source;  // lives until it has been read
    Event arrival;
  };
  std::vector<OnItsWay> copies;
};
// Never destroyed: CUDA is gone before static objects are.
Pinned& all() {
  static Pinned& pinned = *new Pinned;
  return pinned;
}

/// The sources of copies that have arrived, for the caller to drop.
std::vector<Pinned::OnItsWay> arrived() {
  std::vector<Pinned::OnItsWay> done;
  const std::lock_guard lock(all().mutex);
  std::erase_if(all().copies, [&](Pinned::OnItsWay& copy) {
    if (!copy.arrival.happened()) return false;
    done.push_back(std::move(copy));
    return true;
  });
  return done;
}

}  // namespace

Tensor pinned(const Tensor& x, Device device) {
  check_on_cpu("pinned", "x", x);
  check_available("pinned", device);
  if (device.is_cpu() || x.numel() == 0) return x.clone();
  gpu::Driver& driver = gpu::driver_of(device);
  const std::size_t bytes = static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
  void* memory = driver.allocate_pinned(bytes);
  const auto give_back = [&driver, memory] {
    {
      const std::lock_guard lock(all().mutex);
      all().memory.erase(memory);
    }
    driver.release_pinned(memory);
  };
  {
    const std::lock_guard lock(all().mutex);
    all().memory.emplace(memory, bytes);
  }
  std::memcpy(memory, x.contiguous().raw_data(), bytes);
  try {
    return borrow_memory(memory, x.dtype(), x.shape(), give_back);
  } catch (...) {
    give_back();
    throw;
  }
}

bool is_pinned(const Tensor& x) {
  if (!x.defined() || !x.on_cpu()) return false;
  const std::lock_guard lock(all().mutex);
  // The last block that starts at or before the first element; blocks do not overlap.
  const auto after = all().memory.upper_bound(x.raw_data());
  if (after == all().memory.begin()) return false;
  const auto& [first, bytes] = *std::prev(after);
  return static_cast<const std::byte*>(x.raw_data()) < static_cast<const std::byte*>(first) + bytes;
}

Tensor to_later(const Tensor& x, Device device) {
  check_defined("to_later", "x", x);
  check_available("to_later", device);
  arrived();  // dropped outside of the lock: a source may be the last of its memory
  if (device.is_cpu() || !is_pinned(x) || !x.is_contiguous() || x.numel() == 0) {
    return x.to(device);
  }
  Tensor y = Tensor::empty(x.shape(), x.dtype(), device);
  Pinned::OnItsWay copy{x, Event(device)};
  gpu::driver_of(device).copy(gpu::Way::kToDevice, y.raw_device_data(), x.raw_data(),
                              static_cast<std::size_t>(x.numel()) * size_of(x.dtype()),
                              gpu::current_stream());
  copy.arrival.record();
  const std::lock_guard lock(all().mutex);
  all().copies.push_back(std::move(copy));
  return y;
}

}  // namespace gradus
